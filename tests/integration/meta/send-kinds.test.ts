import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createMetaChannel } from '#src/adapters/channels/meta/channel.ts';
import type { Choice, OutboundFile } from '#src/domain/outbound.ts';
import type { Channel, OutboundPart } from '#src/ports/channel.ts';
import { exchange } from '#tests/support/exchange.ts';
import { metaFault } from '#tests/support/meta-answers.ts';
import { type MetaStandIn, openMetaStandIn } from '#tests/support/meta-stand-in.ts';
import { createQuietLog } from '#tests/support/quiet-log.ts';
import { close, listen } from '#tests/support/twilio-stand-in-media.ts';

const options = { signal: new AbortController().signal };

describe('the Meta channel sends', () => {
  let meta: MetaStandIn;
  let channel: Channel;
  let folder = '';

  beforeEach(async () => {
    meta = await openMetaStandIn();
    folder = await mkdtemp(join(tmpdir(), 'meta-'));
    channel = createMetaChannel({
      ...meta,
      baseUrl: meta.url,
      exchange,
      fetchFile: () => Promise.reject(new Error('no file is fetched here')),
      log: createQuietLog(),
    });
  });
  afterEach(async () => {
    await meta[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  const send = (over: Partial<OutboundPart>) =>
    channel.send(
      { id: 'p1', to: '15550001111', from: '1', text: 'Which one?', firstTriedAt: new Date(), ...over },
      options,
    );
  /** What went out of the only message. */
  function content(): Record<string, unknown> {
    expect(meta.problems).toEqual([]);
    expect(meta.sent).toHaveLength(1);
    const [message] = meta.sent;
    return { type: message?.type, ...(message?.json[message.type] as object) };
  }
  const choices = (count: number, title = (index: number) => `Choice ${index}`): Choice[] =>
    Array.from({ length: count }, (_, index) => ({ id: `c:${index}`, title: title(index) }));

  describe('choices', () => {
    it('as buttons, up to three', async () => {
      await send({ choices: choices(3) });
      const buttons = choices(3).map(({ id, title }) => ({ type: 'reply', reply: { id, title } }));
      expect(content()).toEqual({ type: 'button', body: { text: 'Which one?' }, action: { buttons } });
    });

    it('as a list, from four to ten', async () => {
      const [first, ...others] = choices(10);
      await send({ choices: [{ ...(first as Choice), description: 'the first' }, ...others] });
      const rows = [{ id: 'c:0', title: 'Choice 0', description: 'the first' }, ...others];
      const action = { button: 'Choose', sections: [{ rows }] };
      expect(content()).toEqual({ type: 'list', body: { text: 'Which one?' }, action });
    });

    it.each<[string, Partial<OutboundPart>]>([
      ['more than ten', { choices: choices(11) }],
      ['a text too long for a body', { text: 'x'.repeat(1025), choices: choices(2) }],
      ['no text', { text: '', choices: choices(2) }],
      ['ids that are the same', { choices: choices(2).map((choice) => ({ ...choice, id: 'same' })) }],
      [
        'an id that is too long',
        { choices: choices(4).map((choice) => ({ ...choice, id: choice.id.padEnd(201, 'x') })) },
      ],
      ['an id with blanks around it', { choices: choices(1).map((choice) => ({ ...choice, id: ' a' })) }],
    ])('as numbered text: %s', async (_, over) => {
      await send(over);
      const { type, text } = meta.sent[0] ?? {};
      expect(type).toBe('text');
      expect(text).toMatch(/1\. Choice 0(?:\n2\. Choice 1|$)/);
      expect(meta.problems).toEqual([]);
    });

    it.each([
      ['long', (index: number) => `A title far longer than twenty characters ${index}`],
      ['long emoji', (index: number) => `${'👩‍👩‍👧‍👦'.repeat(3)}${index}`],
      ['flags and accents', (index: number) => `${'🇦🇷'.repeat(4)}${'e\u0301'.repeat(9)}${index}`],
      ['the same', () => 'Yes'],
      ['blank', () => ' \n '],
      ['broken', () => `Half a pair \ud83d`],
      ['over two lines', (index: number) => `one\n${index}`],
    ])('with titles that are %s', async (_, title) => {
      for (const count of [3, 10]) await send({ choices: choices(count, title) });
      expect(meta.problems).toEqual([]);
      expect(meta.sent).toHaveLength(2);
      const said = JSON.stringify(meta.sent.map(({ json }) => json.interactive));
      expect(said).not.toMatch(/\\ud[89ab]|\u200d["…]/i);
      const graphemes = [...new Intl.Segmenter().segment(said)].map(({ segment }) => segment);
      // A family that was cut apart would be parents without children.
      expect(graphemes.filter((segment) => segment.startsWith('👩') && segment !== '👩‍👩‍👧‍👦')).toEqual([]);
    });

    it('with the whole title below its short form in a list', async () => {
      await send({ choices: choices(4, (index) => `A title far longer than a row ${index}`) });
      expect(JSON.stringify(content())).toContain(
        '"title":"A title far longer than…","description":"A title far longer than a row 0"',
      );
    });
  });

  describe('a template', () => {
    it('without values', async () => {
      await send({ text: '', template: { name: 'hello_world', language: 'en_US', values: {} } });
      expect(content()).toEqual({
        type: 'template',
        name: 'hello_world',
        language: { policy: 'deterministic', code: 'en_US' },
      });
    });

    it('with numbered placeholders, in their order', async () => {
      const values = Object.fromEntries([10, 2, 1, 3, 4, 5, 6, 7, 8, 9].map((key) => [key, `value ${key}`]));
      await send({ template: { name: 'ten', language: 'es', values } });
      const parameters = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((key) => ({
        type: 'text',
        text: `value ${key}`,
      }));
      expect(content()).toMatchObject({ components: [{ type: 'body', parameters }] });
    });

    it('with names, a header and buttons', async () => {
      const values = {
        first_name: 'Ana',
        'header.order': '42',
        'button.0': 'track/42',
        'button.1.payload': 'stop:42',
      };
      await send({ template: { name: 'order_update', language: 'en_US', values } });
      const { components } = content() as { components: object[] };
      expect(components).toHaveLength(4);
      expect(components).toEqual(
        expect.arrayContaining([
          { type: 'header', parameters: [{ type: 'text', parameter_name: 'order', text: '42' }] },
          { type: 'body', parameters: [{ type: 'text', parameter_name: 'first_name', text: 'Ana' }] },
          { type: 'button', sub_type: 'url', index: '0', parameters: [{ type: 'text', text: 'track/42' }] },
          {
            type: 'button',
            sub_type: 'quick_reply',
            index: '1',
            parameters: [{ type: 'payload', payload: 'stop:42' }],
          },
        ]),
      );
    });

    it.each([
      ['header.image', 'https://bot.example.com/a.png', { image: { link: 'https://bot.example.com/a.png' } }],
      ['header.document', '2621233374848975', { document: { id: '2621233374848975' } }],
    ])('with a file in %s', async (key, value, file) => {
      await send({ template: { name: 'report', language: 'en_US', values: { [key]: value } } });
      expect(content()).toMatchObject({ components: [{ type: 'header', parameters: [file] }] });
    });

    it.each(['button.x', 'button.0.url', 'header.', 'footer.1', 'a b', '0', ''])(
      'never with a value for %j',
      async (key) => {
        const template = { name: 'x', language: 'en', values: { [key]: 'v' } };
        await expect(send({ template })).rejects.toMatchObject({
          reason: 'request',
          vendorCode: 'template_value',
        });
        expect(meta.attempts).toBe(0);
      },
    );
  });

  describe('a file', () => {
    async function file(bytes: number, mimeType: string, fileName = 'datos ñ.bin'): Promise<OutboundFile> {
      const path = join(folder, 'out');
      await writeFile(path, Buffer.alloc(bytes, 7));
      return { path, mimeType, fileName };
    }

    it.each([
      ['image/jpeg', 'image', 'image/jpeg'],
      ['image/png; x=y', 'image', 'image/png'],
      ['audio/ogg; codecs=opus', 'audio', 'audio/ogg'],
      ['video/mp4', 'video', 'video/mp4'],
      ['application/pdf', 'document', 'application/pdf'],
      ['application/json', 'document', 'text/plain'],
      ['text/csv', 'document', 'text/plain'],
      ['image/webp', 'sticker', 'image/webp'],
    ])('of type %s as %s', async (mimeType, type, said) => {
      const hasCaption = type !== 'audio' && type !== 'sticker';
      await send({ file: await file(5000, mimeType), text: hasCaption ? 'Here it is' : '' });
      const [uploaded] = meta.uploaded;
      expect(uploaded).toMatchObject({ mimeType: said, fileName: 'datos ñ.bin' });
      expect(uploaded?.bytes).toEqual(new Uint8Array(5000).fill(7));
      expect(content()).toEqual({
        type,
        id: uploaded?.id,
        ...(hasCaption && { caption: 'Here it is' }),
        ...(type === 'document' && { filename: 'datos ñ.bin' }),
      });
    });

    it.each<[string, number, string, string]>([
      ['media_type', 10, 'application/zip', ''],
      ['media_type', 10, '', ''],
      ['media_size', 0, 'application/pdf', ''],
      ['media_size', 5 * 1024 * 1024 + 1, 'image/png', ''],
      ['media_size', 500 * 1024 + 1, 'image/webp', ''],
      ['caption', 10, 'audio/ogg', 'words nobody would see'],
      ['caption', 10, 'application/pdf', 'x'.repeat(1025)],
    ])('never one that Meta would not carry (%s)', async (vendorCode, bytes, mimeType, text) => {
      await expect(send({ file: await file(bytes, mimeType), text })).rejects.toMatchObject({
        reason: 'request',
        vendorCode,
      });
      expect([meta.uploaded, meta.sent]).toEqual([[], []]);
    });

    it('that is not there: refused', async () => {
      const missing = { path: join(folder, 'none'), mimeType: 'text/plain', fileName: 'a.txt' };
      await expect(send({ file: missing, text: '' })).rejects.toMatchObject({ vendorCode: 'no_file' });
    });

    it('that is still going out when told to stop: nothing is uncertain', async () => {
      const stop = new AbortController();
      // Asked once, and never answers.
      const slow = await listen(() => stop.abort());
      const sender = createMetaChannel({
        ...meta,
        baseUrl: slow.url,
        exchange,
        fetchFile: () => Promise.reject(new Error('no file is fetched here')),
        log: createQuietLog(),
      });
      const out = { id: 'p1', to: '15550001111', from: '1', text: '', firstTriedAt: new Date() };
      const sending = sender.send({ ...out, file: await file(9000, 'application/pdf') }, stop);
      await expect(sending).rejects.toMatchObject({ code: 'provider_unavailable', uncertain: false });
      await close(slow.server);
    });

    it('in two steps, of which the first leaves no doubt', async () => {
      meta.nextCalls([metaFault(131000)]);
      await expect(send({ file: await file(10, 'text/plain') })).rejects.toMatchObject({
        code: 'provider_unavailable',
        uncertain: false,
      });
      expect(meta.attempts).toBe(0);
    });
  });

  it('erases files, also those that are gone, and nothing else', async () => {
    const kept = meta.addMedia(Buffer.from('x'), 'image/png');
    const refs = [kept, '1234567890', '../me', 'https://example.com/x', kept];
    await channel.erase?.({ providerIds: ['wamid.X'], refs }, options);
    expect(meta.deleted).toEqual([kept]);
    meta.nextCalls([{ status: 500 }]);
    await expect(channel.erase?.({ providerIds: [], refs: [kept] }, options)).rejects.toMatchObject({
      code: 'provider_unavailable',
    });
    expect(meta.problems).toEqual([]);
  });
});
