/** Samples a second, as voice notes have them. */
const rate = 16_000;

/**
 * A WAV file of about so many bytes: mono, 16 bit, a faint hiss with a hum in its last tenth, so that whoever listens whether anything
 * is in it has to listen to nearly all of it.
 */
export function longRecording(bytes: number): Uint8Array {
  const header = 44;
  const samples = Math.floor((bytes - header) / 2);
  const file = Buffer.alloc(header + samples * 2);
  file.write('RIFF', 0, 'latin1');
  file.writeUInt32LE(file.length - 8, 4);
  file.write('WAVEfmt ', 8, 'latin1');
  file.writeUInt32LE(16, 16);
  file.writeUInt16LE(1, 20);
  file.writeUInt16LE(1, 22);
  file.writeUInt32LE(rate, 24);
  file.writeUInt32LE(rate * 2, 28);
  file.writeUInt16LE(2, 32);
  file.writeUInt16LE(16, 34);
  file.write('data', 36, 'latin1');
  file.writeUInt32LE(samples * 2, 40);
  for (let at = 0; at < samples; at += 1) {
    const hum = at > samples * 0.9 ? Math.sin((at * 2 * Math.PI * 180) / rate) * 8_000 : 0;
    file.writeInt16LE(Math.round(hum + (at % 7) - 3), header + at * 2);
  }
  return file;
}
