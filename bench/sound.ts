import { wavHeader } from '#src/adapters/documents/child/wav-writer.ts';

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
  file.set(wavHeader(samples * 2));
  for (let at = 0; at < samples; at += 1) {
    const hum = at > samples * 0.9 ? Math.sin((at * 2 * Math.PI * 180) / rate) * 8_000 : 0;
    file.writeInt16LE(Math.round(hum + (at % 7) - 3), header + at * 2);
  }
  return file;
}
