import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type MetaStandIn, openMetaStandIn } from '#tests/support/meta-stand-in.ts';
import {
  ana,
  hidden,
  type MetaMessage,
  type MetaPerson,
  metaBatch,
  metaBody,
  metaDocument,
  metaReply,
  metaText,
  newWamid,
} from '#tests/support/meta-webhook.ts';
import { textPdf } from '#tests/support/pdf-fixtures.ts';
import { metaSettings } from '#tests/support/vendor-settings.ts';
import { waitFor } from '#tests/support/wait-for.ts';
import { openWorld, type World } from '#tests/support/world.ts';

let meta: MetaStandIn;
let world: World;

beforeAll(async () => {
  meta = await openMetaStandIn();
  world = await openWorld({
    ...metaSettings(meta),
    MEDIA_EXTRA_ORIGINS: [...meta.mediaOrigins].join(','),
    REPLY_DELAY_MS: '200',
  });
});
afterEach(() => {
  expect(meta.problems).toEqual([]);
  expect(meta.dropped).toEqual([]);
  expect(world.openai.problems).toEqual([]);
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
  await meta[Symbol.asyncDispose]();
});

async function post(content: unknown): Promise<number> {
  const response = await meta.post(`${world.product().url}/webhook/meta`, content);
  await response.text();
  return response.status;
}
const deliver = (...messages: MetaMessage[]) => post(metaBody({ messages }));
const heardBy = (person: MetaPerson) =>
  meta.sent.filter(({ to, recipient }) => (person.phone ? to === person.phone : recipient === person.bsuid));
const textOf = (sent: MetaStandIn['sent'][number] | undefined) => sent?.text;

describe('a person who writes over the Cloud API', () => {
  it('hears the model answer, as a quotation of what they asked', async () => {
    world.openai.answers(() => 'The **budget**.');
    const id = newWamid();
    expect(await deliver(metaText({ from: ana, id, body: 'What is on today?' }))).toBe(200);
    const [answer] = await waitFor('an answer', () => heardBy(ana).length > 0 && heardBy(ana));
    expect(textOf(answer)).toBe('The *budget*.');
    expect(answer?.json.context).toEqual({ message_id: id });
    expect(meta.read).toContain(id);
  });

  it('is answered where only a user id is known', async () => {
    world.openai.answers(() => 'Hello, whoever you are.');
    await deliver(metaText({ from: hidden, body: 'Hi' }));
    const [answer] = await waitFor('an answer', () => heardBy(hidden).length > 0 && heardBy(hidden));
    expect(textOf(answer)).toBe('Hello, whoever you are.');
  });

  it('can send a document', async () => {
    world.openai.answers(({ text }) => (text.includes('ninety days') ? 'Ninety days.' : 'I do not know.'));
    const before = heardBy(ana).length;
    const pdf = await textPdf(['The notice period is ninety days.']);
    const mediaId = meta.addMedia(pdf, 'application/pdf');
    await deliver(
      metaDocument({ from: ana, mediaId, fileName: 'contract.pdf', caption: 'How long is notice?' }),
    );
    await waitFor('an answer', () => heardBy(ana).length > before);
    expect(textOf(heardBy(ana).at(-1))).toBe('Ninety days.');
  });

  it('is answered once, however often and in whatever batch Meta repeats itself', async () => {
    world.openai.answers(() => 'Once.');
    const before = heardBy(ana).length;
    const one = metaText({ from: ana, body: 'Are you there?' });
    const nonsense = { field: 'messages', value: { messages: [null, 7, { type: 'text' }] } };
    const batch = metaBatch([
      nonsense,
      ...metaBody({ messages: [one, one] }).entry.flatMap((entry) => entry.changes),
      nonsense,
    ]);
    expect([await post(batch), await post(batch)]).toEqual([200, 200]);
    await waitFor('an answer', () => heardBy(ana).length > before);
    // Killed at the very moment it was sent: whether it went out is uncertain until Meta reports on it.
    await world.restart();
    const [sent] = heardBy(ana).slice(before);
    if (!sent) throw new Error('nothing was sent');
    await meta.report(`${world.product().url}/webhook/meta`, [meta.statusOf(sent, 'sent')]);
    expect(await post(batch)).toBe(200);
    world.openai.answers(() => 'Later.');
    await deliver(metaText({ from: ana, body: 'And now?' }));
    await waitFor('the next answer', () => heardBy(ana).length > before + 1);
    expect(heardBy(ana).slice(before).map(textOf)).toEqual(['Once.', 'Later.']);
  });

  it('is offered buttons, and what they tap is done', async () => {
    const before = heardBy(ana).length;
    await deliver(metaText({ from: ana, body: '/forget' }));
    const [question] = await waitFor(
      'a question',
      () => heardBy(ana).length > before && heardBy(ana).slice(before),
    );
    expect(question?.type).toBe('interactive');
    expect(JSON.stringify(question?.json)).toContain('Erase everything');
    await deliver(metaReply({ from: ana, payload: '/export', title: 'A copy first' }));
    await waitFor('the file', () => heardBy(ana).some(({ type }) => type === 'document'));
    expect(meta.uploaded.at(-1)).toMatchObject({ fileName: 'my-data.json' });
  });

  it('has one history with what they write over Twilio, and hears where they wrote last', async () => {
    world.openai.answers(({ text }) => `Heard: ${text.split('\n').at(-1)}`);
    const before = heardBy(ana).length;
    const overTwilio = world.person(`+${ana.phone}`);
    await overTwilio.says('My dog is called Rex.', { ExternalUserId: `whatsapp:${ana.bsuid}` });
    expect(await overTwilio.hears()).toContain('Rex');
    expect(heardBy(ana)).toHaveLength(before);
    await deliver(metaText({ from: ana, body: 'What is my dog called?' }));
    await waitFor('an answer', () => heardBy(ana).length > before);
    const prompt = JSON.stringify(world.openai.calls.at(-1)?.question);
    expect(prompt).toContain('My dog is called Rex.');
    const people = (await world.api('/users?q=15550001111')).body.items as { id: string }[];
    expect(people).toHaveLength(1);
  });

  it('is seen to have got and read the answer', async () => {
    const last = heardBy(ana).at(-1);
    if (!last) throw new Error('nothing was sent');
    await meta.report(`${world.product().url}/webhook/meta`, [
      meta.statusOf(last, 'read'),
      meta.statusOf(last, 'delivered'),
      meta.statusOf(last, 'sent'),
    ]);
    const state = await waitFor('the ticks', async () => {
      const { body } = await world.api('/messages?limit=5');
      const seen = JSON.stringify(body);
      return seen.includes('"read"') && seen;
    });
    expect(state).toContain('"read"');
  });
});
