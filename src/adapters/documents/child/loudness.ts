/** Listens for anything louder than a quiet room. */
export interface Loudness {
  add(channelData: readonly Float32Array[], sampleRate: number): void;
  /** There is certainly something to hear, so the rest need not be looked at. */
  isCertainlySound(): boolean;
  /** Nothing but silence or steady noise in all that was added. */
  isSilent(): boolean;
}

const frameMs = 20;
/** A short "no" lasts 200 ms; a switch's click 20. What is not exceeded for 120 ms together is not speech. */
const shortestSpeechFrames = 6;
/** Below this not even a whisper recorded across a room remains; 16-bit samples are then smaller than 17. */
const nothingDb = -66;
/** A phone's hiss and a fan's hum stay below this. Speech at this level or above is normal speech. */
const noiseDb = -42;
/**
 * Noise is steady, its loud and its quiet moments some 3 dB apart; speech pauses, and even a voice at the other end of
 * the room stands 10 dB above what is between its words.
 */
const steadyDb = 6;

/** Measures loudness in frames of 20 ms, in dB below full scale, without the direct current some microphones add. */
export function createLoudness(): Loudness {
  const levels: number[] = [];
  let loudFrames = 0;
  let sum = 0;
  let squares = 0;
  let count = 0;

  const endFrame = (): void => {
    const mean = sum / count;
    const level = 10 * Math.log10(Math.max(squares / count - mean * mean, 1e-12));
    levels.push(level);
    if (level >= noiseDb) loudFrames++;
    sum = squares = count = 0;
  };

  return {
    add(channelData, sampleRate) {
      const frameLength = Math.max(1, Math.round((sampleRate * frameMs) / 1000));
      const length = channelData[0]?.length ?? 0;
      for (let index = 0; index < length; index++) {
        let sample = 0;
        for (const channel of channelData) sample += channel[index] ?? 0;
        sample /= channelData.length;
        sum += sample;
        squares += sample * sample;
        if (++count === frameLength) endFrame();
      }
    },
    isCertainlySound: () => loudFrames >= shortestSpeechFrames,
    isSilent() {
      const sorted = [...levels].sort((a, b) => b - a);
      const loud = sorted[Math.min(shortestSpeechFrames, sorted.length) - 1] ?? -120;
      const quiet = sorted[Math.floor(sorted.length * 0.9)] ?? -120;
      return loud < nothingDb || (loud < noiseDb && loud - quiet < steadyDb);
    },
  };
}
