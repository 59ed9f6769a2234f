import { copyFile, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AudioFacts } from '#src/ports/documents.ts';
import { fixture, openReadingRoom, problemOf, type ReadingRoom } from '#tests/support/reading-room.ts';

let room: ReadingRoom;
beforeAll(async () => {
  room = await openReadingRoom();
});
afterAll(() => room[Symbol.asyncDispose]());

/** Inspects a copy, since some formats get a WAV written beside them. */
async function inspect(name: string): Promise<AudioFacts & { readonly path: string }> {
  const path = await room.file(basename(name), await readFile(fixture(`audio/${name}`)));
  const facts = await room.readers.inspectAudio(path, await room.readers.sniff(path), {
    signal: new AbortController().signal,
  });
  return { ...facts, path };
}

describe('inspecting sound', () => {
  it.each([
    ['voice.ogg', 'voice.ogg', 'audio/ogg'],
    ['voice.mp3', 'voice.mp3', 'audio/mpeg'],
    ['voice.m4a', 'voice.m4a', 'audio/mp4'],
    ['voice-mp42.mp4', 'voice.m4a', 'audio/mp4'],
    ['voice.wav', 'voice.wav', 'audio/wav'],
    ['voice.flac', 'voice.flac', 'audio/flac'],
    ['voice.webm', 'voice.webm', 'audio/webm'],
    ['video.mp4', 'video.mp4', 'video/mp4'],
    ['video.mov', 'video.mp4', 'video/mp4'],
    ['video.webm', 'video.webm', 'video/webm'],
  ])('hears the voice in %s and uploads it as it is, as %s', async (name, fileName, mimeType) => {
    const { seconds, silent, upload, path } = await inspect(name);
    expect(silent).toBe(false);
    expect(seconds).toBeGreaterThan(1.8);
    expect(seconds).toBeLessThan(2.8);
    expect(upload).toEqual({ path, fileName, mimeType });
  });

  it.each(['voice.amr', 'voice.aac', 'video.3gp'])(
    'converts %s, which the API does not take, to WAV',
    async (name) => {
      const { seconds, silent, upload, path } = await inspect(name);
      expect(silent).toBe(false);
      expect(upload).toEqual({ path: `${path}.wav`, fileName: 'voice.wav', mimeType: 'audio/wav' });
      const wav = await readFile(upload.path);
      expect([wav.readUInt16LE(22), wav.readUInt32LE(24), wav.readUInt16LE(34)]).toEqual([1, 16_000, 16]);
      expect(wav.readUInt32LE(40)).toBe(wav.length - 44);
      expect((wav.length - 44) / 32_000).toBeCloseTo(seconds, 1);
      const heard = await room.readers.inspectAudio(upload.path, await room.readers.sniff(upload.path), {
        signal: new AbortController().signal,
      });
      expect(heard.silent).toBe(false);
    },
  );

  it.each([
    ['silent.ogg', true],
    ['room-noise.ogg', true],
    ['quiet-voice.ogg', false],
  ])('hears whether there is anything to hear: %s', async (name, silent) => {
    expect((await inspect(name)).silent).toBe(silent);
  });

  it('says that a video without sound is silent', async () => {
    expect(await problemOf(inspect('mute.mp4'))).toBe('silent');
  });

  it('says nothing about silence that it could not check', async () => {
    // Half a voice note that begins with the header: its length is known, and the rest is noise to the decoder.
    const bytes = await readFile(fixture('audio/voice.m4a'));
    const index = bytes.indexOf('mdat');
    const path = await room.file(
      'broken.m4a',
      Buffer.concat([bytes.subarray(0, index + 4), Buffer.alloc(200, 0xff), bytes.subarray(index + 204)]),
    );
    const facts = await room.readers.inspectAudio(path, await room.readers.sniff(path), {
      signal: new AbortController().signal,
    });
    expect(facts.silent).not.toBe(true);
    expect(facts.upload.fileName).toBe('voice.m4a');
  });

  it.each([
    ['empty', 'no bytes', ''],
    ['damaged', 'junk', 'OggS and nothing that follows from it'],
  ])('says that a file is %s: %s', async (problem, _what, bytes) => {
    const path = await room.file('voice.ogg', bytes);
    const sniffed = { kind: 'audio', mimeType: 'audio/ogg', extension: 'ogg' } as const;
    const inspecting = room.readers.inspectAudio(path, sniffed, { signal: new AbortController().signal });
    expect(await problemOf(inspecting)).toBe(problem);
  });

  it('refuses a recording whose conversion would be larger than the API takes', async () => {
    await using strict = await openReadingRoom({ maxWavBytes: 20_000 });
    const path = join(await strict.file('voice.amr', ''));
    await copyFile(fixture('audio/voice.amr'), path);
    const sniffed = await strict.readers.sniff(path);
    const inspecting = strict.readers.inspectAudio(path, sniffed, { signal: new AbortController().signal });
    expect(await problemOf(inspecting)).toBe('too_long');
    await expect(readFile(`${path}.wav`)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
