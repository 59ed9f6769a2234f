import { describe, expect, it } from 'vitest';
import { metaFixtures, readMeta } from '#tests/support/meta-fixtures.ts';

/*
 * Webhooks as Meta documents and sends them, one a file in tests/fixtures/meta, each with what must become of it.
 */
const fixtures = metaFixtures();
const byName = (name: string) => fixtures.find((fixture) => fixture.name === name) ?? expect.fail(name);

/** As it will be stored: what is undefined is not there. */
const stored = (value: unknown) => JSON.parse(JSON.stringify(value)) as Record<string, unknown>;

describe('a webhook of Meta’s', () => {
  it('is here in many forms', () => {
    expect(fixtures.length).toBeGreaterThanOrEqual(100);
  });

  it.each(fixtures.map((fixture) => [fixture.title, fixture] as const))('with %s', (_title, fixture) => {
    const { messages, events, leftOut } = readMeta(fixture.webhook);
    const { expected } = fixture;
    expect(messages).toHaveLength(expected.messages.length);
    expect(events).toHaveLength(expected.events.length);
    expect(leftOut).toEqual(expected.leftOut);
    for (const [index, wanted] of expected.messages.entries()) {
      const message = stored(messages[index]);
      expect(message.channel).toBe('meta');
      for (const [key, value] of Object.entries(wanted)) expect(message[key] ?? null, key).toEqual(value);
    }
    for (const [index, wanted] of expected.events.entries()) {
      const { kind, report } = stored(events[index]) as { kind: string; report: Record<string, unknown> };
      expect(kind).toBe(wanted.kind);
      for (const [key, value] of Object.entries(wanted.report))
        expect(report[key] ?? null, key).toEqual(value);
    }
  });

  it('is the same message when it comes again', () => {
    for (const { webhook } of fixtures) {
      expect(readMeta(structuredClone(webhook)).messages).toEqual(readMeta(webhook).messages);
    }
  });

  it('holds nothing but JSON in its messages', () => {
    for (const { webhook } of fixtures) {
      for (const message of readMeta(webhook).messages) {
        expect(JSON.parse(JSON.stringify(message))).toEqual(stored(message));
        expect(message).toEqual(JSON.parse(JSON.stringify(message)));
      }
    }
  });

  it('leaves no name, number or text in the log', () => {
    for (const { webhook } of fixtures) {
      const lines = JSON.stringify(readMeta(webhook).log.lines);
      expect(lines).not.toMatch(/Ana|Weber|4917|4915|DE\.\d|US\.\d|wamid|hi all|ours"/);
    }
  });

  it('is told of to the owner once, louder when something is wrong with it', () => {
    expect(readMeta(byName('group-text').webhook).log.lines).toMatchObject([{ level: 'info' }]);
    expect(readMeta(byName('other-number').webhook).log.lines).toMatchObject([{ level: 'warn' }]);
    expect(readMeta(byName('malformed-neighbors').webhook).log.lines).toMatchObject([{ level: 'warn' }]);
    expect(readMeta(byName('text').webhook).log.lines).toEqual([]);
  });

  it('is taken whichever number it is for when none is ours', () => {
    const [message] = readMeta(byName('console-test').webhook, '').messages;
    expect(message).toMatchObject({ ownAddress: '123456123', text: 'this is a text message' });
  });

  it('keeps twenty of many contact cards', () => {
    const [message] = readMeta(byName('contacts-many').webhook).messages;
    expect(message?.note?.split('\n')).toHaveLength(21);
    expect(message?.note).toMatch(/And 20 more contact cards\.$/);
  });
});
