import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { photo } from '#tests/support/image-fixtures.ts';
import { textPdf } from '#tests/support/pdf-fixtures.ts';
import { fixture, openReadingRoom, problemOf, type ReadingRoom } from '#tests/support/reading-room.ts';

let room: ReadingRoom;
beforeAll(async () => {
  room = await openReadingRoom({ maxCharacters: 50_000 });
});
afterAll(() => room[Symbol.asyncDispose]());

const sniff = async (name: string, bytes: Uint8Array | string) =>
  room.readers.sniff(await room.file(name, bytes));
const readText = async (bytes: Uint8Array | string) =>
  room.readers.readPlainText(await room.file('note.txt', bytes));

describe('sniffing', () => {
  it.each([
    ['voice.ogg', 'audio', 'audio/ogg', 'ogg'],
    ['voice.amr', 'audio', 'audio/amr', 'amr'],
    ['voice.aac', 'audio', 'audio/aac', 'aac'],
    ['voice.mp3', 'audio', 'audio/mpeg', 'mp3'],
    ['voice.m4a', 'audio', 'audio/mp4', 'm4a'],
    ['voice-mp42.mp4', 'audio', 'audio/mp4', 'm4a'],
    ['voice.wav', 'audio', 'audio/wav', 'wav'],
    ['voice.flac', 'audio', 'audio/flac', 'flac'],
    ['voice.webm', 'audio', 'audio/webm', 'webm'],
    ['video.mp4', 'video', 'video/mp4', 'mp4'],
    ['video.mov', 'video', 'video/quicktime', 'mov'],
    ['video.webm', 'video', 'video/webm', 'webm'],
    ['video.3gp', 'video', 'video/3gpp', '3gp'],
    ['mute.mp4', 'video', 'video/mp4', 'mp4'],
  ])('knows %s by its bytes', async (name, kind, mimeType, extension) => {
    const mislabelled = await room.file('photo.jpg', await readFile(fixture(`audio/${name}`)));
    expect(await room.readers.sniff(mislabelled)).toEqual({ kind, mimeType, extension });
  });

  it('knows a PDF that is called a photo, also behind other bytes', async () => {
    const pdf = await textPdf(['Hello']);
    const isPdf = { kind: 'pdf', mimeType: 'application/pdf', extension: 'pdf' };
    expect(await sniff('photo.jpg', pdf)).toEqual(isPdf);
    expect(
      await sniff('photo.jpg', Buffer.concat([Buffer.from('Received: from a mail gateway\r\n\r\n'), pdf])),
    ).toEqual(isPdf);
    expect(await sniff('note.txt', 'Files that begin with %PDF-1.7 are PDFs.')).toMatchObject({
      kind: 'text',
    });
  });

  it.each(['jpeg', 'png', 'webp', 'gif', 'tiff', 'avif'] as const)('knows a %s', async (format) => {
    const bytes = await photo(20, 20).toFormat(format).toBuffer();
    expect(await sniff('report.pdf', bytes)).toMatchObject({ kind: 'image', mimeType: `image/${format}` });
  });

  it.each([
    ['text/plain', 'text', 'Grüße aus Köln'],
    ['text/plain', 'text', Buffer.from('Gr\xfc\xdfe aus K\xf6ln', 'latin1')],
    ['text/plain', 'text', Buffer.from('\ufeffHello', 'utf16le')],
    ['text/plain', 'text', 'name;amount\nAna;12'],
    ['text/plain', 'text', 'BMW sold more cars'],
    ['text/html', 'web_page', '<!DOCTYPE html><html><body>Hi</body></html>'],
    [
      'image/svg+xml',
      'unknown',
      '<?xml version="1.0"?>\n<!-- drawn --><svg xmlns="http://www.w3.org/2000/svg"/>',
    ],
    ['application/xml', 'unknown', '<?xml version="1.0"?><invoice/>'],
    ['application/zip', 'unknown', Buffer.from('504b0506000000000000000000000000000000000000', 'hex')],
    ['application/x-empty', 'unknown', ''],
    ['application/octet-stream', 'unknown', Buffer.from([1, 2, 3, 0, 4, 5])],
  ])('calls it %s, %s', async (mimeType, kind, bytes) => {
    expect(await sniff('file', bytes)).toMatchObject({ mimeType, kind });
  });

  it('is not slow on text made to confuse it', async () => {
    expect(await sniff('file', `<${'!----><'.repeat(9000)}`)).toMatchObject({ kind: 'text' });
  });
});

describe('reading plain text', () => {
  it.each([
    ['UTF-8', Buffer.from('Grüße 👋\r\nfrom Ana')],
    ['UTF-8 with a mark', Buffer.from('\ufeffGrüße 👋\r\nfrom Ana')],
    ['UTF-16', Buffer.from('\ufeffGrüße 👋\r\nfrom Ana', 'utf16le')],
    ['UTF-16 the other way round', Buffer.from('\ufeffGrüße 👋\r\nfrom Ana', 'utf16le').swap16()],
  ])('reads %s', async (_encoding, bytes) => {
    expect(await readText(bytes)).toBe('Grüße 👋\nfrom Ana');
  });

  it('reads UTF-16 without a mark', async () => {
    expect(await readText(Buffer.from('Hello from Ana', 'utf16le'))).toBe('Hello from Ana');
  });

  it('reads an old Western file, also when its first accent comes late', async () => {
    expect(await readText(Buffer.from('Preis: 5 \x80, sch\xf6n', 'latin1'))).toBe('Preis: 5 €, schön');
    const late = Buffer.concat([Buffer.from('a'.repeat(70_000)), Buffer.from('\xf6', 'latin1')]);
    expect(await room.readers.sniff(await room.file('late.txt', late))).toMatchObject({ kind: 'text' });
    expect((await readText(late)).length).toBe(50_000);
  });

  it('cuts at the limit without halving a character', async () => {
    expect(await readText(`a${'👋'.repeat(40_000)}`)).toBe(`a${'👋'.repeat(24_999)}`);
  });

  it('says what is wrong with what is no text', async () => {
    expect(await problemOf(readText(Buffer.from([0, 1, 2, 3])))).toBe('damaged');
    expect(await problemOf(readText(''))).toBe('empty');
  });
});
