import sharp from 'sharp';

/** A small landscape as a JPEG: evening sun over hills. No text, so that it looks the same on every machine. */
export function samplePhoto(): Promise<Buffer> {
  const hill = (height: number, color: string) =>
    `<path fill="${color}" d="M0 ${height} C 200 ${height - 130} 420 ${height + 50} 640 ${height - 60} S 900 ${height - 20} 960 ${height - 70} V 720 H 0 Z"/>`;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="960" height="720">
    <defs><linearGradient id="sky" x2="0" y2="1"><stop stop-color="#2f4b7c"/><stop offset=".55" stop-color="#f4a26b"/><stop offset="1" stop-color="#ffe0a3"/></linearGradient></defs>
    <rect width="960" height="720" fill="url(#sky)"/><circle cx="660" cy="330" r="62" fill="#fff3cf"/>
    ${hill(470, '#7a5c82')}${hill(540, '#4d4668')}${hill(625, '#2c3350')}</svg>`;
  return sharp(Buffer.from(svg)).jpeg({ quality: 86 }).toBuffer();
}
