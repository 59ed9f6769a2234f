import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ChannelName } from '#src/domain/identity.ts';
import { type ChannelUnderTest, channelsUnderTest } from '#tests/support/channels-under-test.ts';

const signal = new AbortController().signal;
const bytes = Buffer.from('%PDF-1.7 and so on');

describe.each(Object.keys(channelsUnderTest) as ChannelName[])('a channel (%s)', (name) => {
  let at: ChannelUnderTest;
  let folder = '';

  beforeEach(async () => {
    at = await channelsUnderTest[name]();
    folder = await mkdtemp(join(tmpdir(), 'channel-'));
  });
  afterEach(async () => {
    expect(at.problems()).toEqual([]);
    await at[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  const part = (text: string) => ({ id: `p-${text.length}`, ...at.person, text, firstTriedAt: new Date() });
  const target = () => join(folder, 'file');

  it('has a name and a limit that people never notice', () => {
    expect(at.channel.name).toBe(name);
    expect(at.channel.limits.textUnits).toBeGreaterThanOrEqual(1580);
  });

  it('sends each text once and whole, also the longest one, and gives each an id', async () => {
    const texts = ['hello', '😀 ü & *bold*\nnext line', 'x'.repeat(at.channel.limits.textUnits)];
    const ids = new Set<string>();
    for (const text of texts) ids.add((await at.channel.send(part(text), { signal })).providerId);
    expect(ids.size).toBe(texts.length);
    expect([...ids]).not.toContain('');
    if (at.texts) expect(at.texts()).toEqual(texts);
  });

  it('sends a text with choices once, whether they become buttons or numbers', async () => {
    const choices = [
      { id: '/forget yes', title: 'Erase everything' },
      { id: '/export', title: 'A copy first' },
    ];
    const question = { ...part('Shall I? Then choose.'), choices };
    expect((await at.channel.send(question, { signal })).providerId).not.toBe('');
    if (at.texts) expect(at.texts()).toEqual([expect.stringMatching(/^Shall I\? Then choose\./)]);
  });

  it('shows typing', async () => {
    const message = { providerId: at.person.wrote, to: at.person.to };
    await expect(at.channel.showTyping(message, { signal })).resolves.toBeUndefined();
  });

  it('says so when it does not know what became of a message', async (test) => {
    if (!at.dropNext) return test.skip();
    at.dropNext();
    const uncertain = part('did it arrive?');
    await expect(at.channel.send(uncertain, { signal })).rejects.toMatchObject({
      code: 'provider_unavailable',
      uncertain: true,
    });
    expect(at.texts?.()).toEqual(['did it arrive?']);
    // Whoever has a way to ask finds it; the others leave it to delivery reports.
    const found = await at.channel.findSent?.(uncertain, { signal });
    if (at.channel.findSent) expect(found).toMatchObject({ providerId: expect.any(String) });
  });

  it('fetches a file whole, and leaves it readable by us alone', async () => {
    const ref = await at.addFile(bytes);
    const fetched = await at.channel.fetchMedia(ref, { target: target(), maxBytes: bytes.length, signal });
    expect(fetched).toMatchObject({ path: target(), bytes: bytes.length });
    expect(await readFile(target())).toEqual(bytes);
    expect(await readdir(folder)).toEqual(['file']);
  });

  it('fetches nothing that is too large', async () => {
    const ref = await at.addFile(bytes);
    const options = { target: target(), maxBytes: bytes.length - 1, signal };
    await expect(at.channel.fetchMedia(ref, options)).rejects.toMatchObject({ problem: 'too_large' });
    expect(await readdir(folder)).toEqual([]);
  });

  it('fetches nothing from where it must not', async () => {
    for (const ref of at.foreignRefs) {
      const options = { target: target(), maxBytes: 1_000, signal };
      await expect(at.channel.fetchMedia(ref, options)).rejects.toMatchObject({ problem: 'refused' });
    }
    expect(await readdir(folder)).toEqual([]);
  });

  it('fetches nothing once it was told to stop', async () => {
    const ref = await at.addFile(bytes);
    const stop = AbortSignal.abort(new Error('shutting down'));
    const options = { target: target(), maxBytes: 1_000, signal: stop };
    await expect(at.channel.fetchMedia(ref, options)).rejects.toThrow('shutting down');
    expect(await readdir(folder)).toEqual([]);
  });

  it('erases what is not there without complaint', async () => {
    await expect(
      at.channel.erase?.({ providerIds: [], refs: ['../x', ''] }, { signal }),
    ).resolves.toBeUndefined();
  });

  it('explains codes in words, and none that it does not know', () => {
    expect(at.channel.explain?.('no such code')).toBeUndefined();
  });
});
