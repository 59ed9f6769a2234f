import { crc32, deflateSync } from 'node:zlib';
import sharp, { type Sharp } from 'sharp';

/** A photo-like picture: gradients with some texture, so that it compresses as photos do. */
export function photo(width: number, height: number): Sharp {
  return sharp({
    create: {
      width,
      height,
      channels: 3,
      background: '#c08040',
      noise: { type: 'gaussian', mean: 128, sigma: 20 },
    },
  });
}

/** A JPEG lying on its side, left half red, right half blue, that EXIF turns upright: red is then on top. */
export async function sidewaysPhoto(): Promise<Uint8Array> {
  const half = (background: string) =>
    sharp({ create: { width: 150, height: 200, channels: 3, background } })
      .png()
      .toBuffer();
  return await sharp({ create: { width: 300, height: 200, channels: 3, background: '#fff' } })
    .composite([
      { input: await half('#f00'), left: 0, top: 0 },
      { input: await half('#00f'), left: 150, top: 0 },
    ])
    .jpeg({ quality: 95 })
    .withMetadata({ orientation: 6 })
    .toBuffer();
}

/** A PNG that claims any size and compresses to next to nothing. */
export function pngBomb(width: number, height: number): Uint8Array {
  const chunk = (type: string, data: Uint8Array): Buffer => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
    const frame = Buffer.alloc(8);
    frame.writeUInt32BE(data.length, 0);
    frame.writeUInt32BE(crc32(body), 4);
    return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = 1;
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.alloc(Math.ceil(width / 8 + 1) * height))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** Mean color of a region, 0 to 255 each. */
export async function colorAt(
  image: Uint8Array,
  region: { left: number; top: number; width: number; height: number },
): Promise<{ red: number; green: number; blue: number }> {
  const { channels } = await sharp(await sharp(image).extract(region).png().toBuffer()).stats();
  const [red, green, blue] = channels.map((channel) => channel.mean);
  return { red: red ?? 0, green: green ?? 0, blue: blue ?? 0 };
}
