import { open } from 'node:fs/promises';
import { MediaUnusable } from '#src/domain/errors.ts';
import type { Sound } from './decode-audio.ts';

const headerBytes = 44;
/** What speech models work with; more would only make the upload larger. */
const sampleRate = 16_000;

/** Writes sound as 16-bit mono WAV at 16 kHz. */
export interface WavWriter extends AsyncDisposable {
  /** @throws MediaUnusable `too_long` when the file would pass `maxBytes` */
  add(sound: Sound): Promise<void>;
}

/** Opens a WAV file for writing; disposal completes its header. */
export async function openWavWriter(path: string, options: { maxBytes: number }): Promise<WavWriter> {
  const file = await open(path, 'w');
  await file.write(wavHeader(0));
  const resampler = createResampler();
  let dataBytes = 0;
  return {
    async add(sound) {
      const samples = resampler.add(sound);
      if (headerBytes + dataBytes + samples.byteLength > options.maxBytes) {
        throw new MediaUnusable('too_long', `As WAV the recording is larger than ${options.maxBytes} bytes`);
      }
      dataBytes += samples.byteLength;
      await file.write(new Uint8Array(samples.buffer, 0, samples.byteLength));
    },
    async [Symbol.asyncDispose]() {
      await file.write(wavHeader(dataBytes), 0, headerBytes, 0);
      await file.close();
    },
  };
}

/** The head of a WAV file with this much sound: 16 kHz, mono, 16 bit. */
export function wavHeader(dataBytes: number): Uint8Array {
  const view = Buffer.alloc(headerBytes);
  view.write('RIFF', 0, 'latin1');
  view.writeUInt32LE(headerBytes - 8 + dataBytes, 4);
  view.write('WAVEfmt ', 8, 'latin1');
  view.writeUInt32LE(16, 16);
  // PCM, one channel.
  view.writeUInt16LE(1, 20);
  view.writeUInt16LE(1, 22);
  view.writeUInt32LE(sampleRate, 24);
  view.writeUInt32LE(sampleRate * 2, 28);
  view.writeUInt16LE(2, 32);
  view.writeUInt16LE(16, 34);
  view.write('data', 36, 'latin1');
  view.writeUInt32LE(dataBytes, 40);
  return view;
}

/**
 * Brings sound to 16 kHz mono: averages where samples are dropped (a plain but sufficient low-pass for speech), interpolates
 * where they are added. Keeps its place between stretches, so that no click is heard at their borders.
 */
function createResampler(): { add(sound: Sound): Int16Array } {
  let position = 0;
  let previous = 0;
  return {
    add({ channelData, sampleRate: rate }) {
      const length = channelData[0]?.length ?? 0;
      const step = rate / sampleRate;
      const out = new Int16Array(Math.max(0, Math.ceil((length - position) / step)));
      const mono = (index: number): number => {
        if (index < 0) return previous;
        let sum = 0;
        for (const channel of channelData) sum += channel[index] ?? 0;
        return sum / channelData.length;
      };
      let written = 0;
      for (; position < length && written < out.length; position += step) {
        out[written++] = Math.round(Math.max(-1, Math.min(1, at(mono, position, step))) * 32_767);
      }
      position -= length;
      if (length > 0) previous = mono(length - 1);
      return out.subarray(0, written).slice();
    },
  };
}

/** The sound at a place: the mean of the `step` samples up to it, or between its two neighbors when `step` is below 1. */
function at(mono: (index: number) => number, position: number, step: number): number {
  const index = Math.floor(position);
  if (step > 1) {
    const first = Math.max(Math.floor(position - step) + 1, 0);
    let sum = 0;
    for (let i = first; i <= index; i++) sum += mono(i);
    return sum / (index - first + 1);
  }
  const share = position - index;
  return mono(index - 1) * (1 - share) + mono(index) * share;
}
