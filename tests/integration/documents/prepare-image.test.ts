import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { colorAt, photo, sidewaysPhoto } from '#tests/support/image-fixtures.ts';
import { openReadingRoom, problemOf, type ReadingRoom } from '#tests/support/reading-room.ts';

let room: ReadingRoom;
beforeAll(async () => {
  room = await openReadingRoom();
});
afterAll(() => room[Symbol.asyncDispose]());

const prepare = async (name: string, bytes: Uint8Array | string) =>
  room.readers.prepareImage(await room.file(name, bytes), { signal: new AbortController().signal });

describe('preparing an image for the model', () => {
  it('turns a photo upright', async () => {
    const image = await prepare('sideways.jpg', await sidewaysPhoto());
    expect(image).toMatchObject({ width: 200, height: 300, format: 'jpeg', mimeType: 'image/jpeg' });
    expect(await sharp(image.bytes).metadata()).toMatchObject({ width: 200, height: 300, format: 'jpeg' });
    const top = await colorAt(image.bytes, { left: 50, top: 20, width: 100, height: 50 });
    expect(top.red).toBeGreaterThan(200);
    expect(top.blue).toBeLessThan(50);
  });

  it('makes a large photo small, tells its real size, and leaves a small one as large as it is', async () => {
    const large = await prepare('large.jpg', await photo(4000, 3000).jpeg().toBuffer());
    expect(large).toMatchObject({ width: 4000, height: 3000 });
    expect(await sharp(large.bytes).metadata()).toMatchObject({ width: 1536, height: 1152 });
    const small = await prepare('small.png', await photo(40, 30).png().toBuffer());
    expect(await sharp(small.bytes).metadata()).toMatchObject({ width: 40, height: 30 });
  });

  it('leaves the place where a photo was taken behind', async () => {
    const bytes = await photo(60, 40)
      .jpeg()
      .withExif({ IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '52/1 31/1 0/1' } })
      .toBuffer();
    expect((await sharp(bytes).metadata()).exif).toBeDefined();
    expect((await sharp((await prepare('place.jpg', bytes)).bytes).metadata()).exif).toBeUndefined();
  });

  it.each(['webp', 'png', 'gif', 'tiff', 'avif'] as const)(
    'puts a transparent %s on white',
    async (format) => {
      const clear = sharp({ create: { width: 64, height: 64, channels: 4, background: '#00000000' } });
      // A TIFF loses its transparency in JPEG compression, which is what sharp writes by default.
      const encoded = format === 'tiff' ? clear.tiff({ compression: 'lzw' }) : clear.toFormat(format);
      const image = await prepare(`clear.${format}`, await encoded.toBuffer());
      expect(image).toMatchObject({ width: 64, height: 64, format: format === 'avif' ? 'heif' : format });
      const color = await colorAt(image.bytes, { left: 0, top: 0, width: 64, height: 64 });
      expect(color.red).toBeGreaterThan(250);
    },
  );

  it('shows the first frame of an animated sticker', async () => {
    const frame = (background: string) =>
      sharp({ create: { width: 96, height: 96, channels: 3, background } })
        .png()
        .toBuffer();
    const sticker = await sharp([await frame('#f00'), await frame('#00f')], { join: { animated: true } })
      .webp()
      .toBuffer();
    const image = await prepare('sticker.webp', sticker);
    expect(image).toMatchObject({ width: 96, height: 96, format: 'webp' });
    const color = await colorAt(image.bytes, { left: 0, top: 0, width: 96, height: 96 });
    expect(color.red).toBeGreaterThan(200);
  });

  it.each([
    ['damaged', 'half a photo', async () => (await photo(600, 400).jpeg().toBuffer()).subarray(0, 9000)],
    ['damaged', 'half a picture', async () => (await photo(300, 200).png().toBuffer()).subarray(0, 9000)],
    ['empty', 'no bytes', async () => ''],
    ['unsupported', 'an SVG', async () => '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'],
    [
      'unsupported',
      'an SVG with declaration',
      async () => '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>',
    ],
    ['unsupported', 'a PDF', async () => '%PDF-1.4\n%'],
  ])('says that a file is %s: %s', async (problem, _what, bytes) => {
    expect(await problemOf(prepare('file.jpg', await bytes()))).toBe(problem);
  });
});
