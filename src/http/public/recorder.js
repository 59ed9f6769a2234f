/** Formats in order of liking, with the ending that transcription needs. */
const formats = [
  ['audio/ogg;codecs=opus', 'ogg'],
  ['audio/webm;codecs=opus', 'webm'],
  ['audio/mp4', 'm4a'],
];

/** Why recording cannot work here; undefined when it can. */
export function recordingObstacle() {
  if (!isSecureContext) return 'Recording needs https, or this machine’s own localhost address.';
  if (!navigator.mediaDevices?.getUserMedia || typeof MediaRecorder === 'undefined')
    return 'This browser cannot record.';
  return undefined;
}

/**
 * Starts to record from the microphone.
 * @param {(seconds: number, level: number) => void} onProgress level from 0 to 1
 * @returns {Promise<{ finish: () => Promise<File>, discard: () => void }>} rejects when the microphone is refused
 */
export async function startRecording(onProgress) {
  const stream = await navigator.mediaDevices.getUserMedia({
    audio: { echoCancellation: true, noiseSuppression: true },
  });
  const [mimeType, ending] = formats.find(([type]) => MediaRecorder.isTypeSupported(type)) ?? ['', 'webm'];
  const recorder = new MediaRecorder(stream, mimeType ? { mimeType, audioBitsPerSecond: 32_000 } : {});
  /** @type {Blob[]} */
  const pieces = [];
  recorder.addEventListener('dataavailable', (event) => pieces.push(event.data));

  const meter = createMeter(stream);
  const begun = performance.now();
  const timer = setInterval(() => onProgress((performance.now() - begun) / 1000, meter.level()), 120);
  const release = () => {
    clearInterval(timer);
    meter.close();
    // Otherwise the browser goes on showing that the microphone is in use.
    for (const track of stream.getTracks()) track.stop();
  };
  recorder.start(1000);

  return {
    finish: () =>
      new Promise((resolve) => {
        recorder.addEventListener(
          'stop',
          () => {
            release();
            const type = (recorder.mimeType || mimeType).split(';')[0] || 'audio/webm';
            resolve(new File(pieces, `voice-note.${ending}`, { type }));
          },
          { once: true },
        );
        recorder.stop();
      }),
    discard() {
      recorder.stop();
      release();
    },
  };
}

/** @param {MediaStream} stream */
function createMeter(stream) {
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  analyser.fftSize = 512;
  context.createMediaStreamSource(stream).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  return {
    level() {
      analyser.getFloatTimeDomainData(samples);
      return Math.min(1, Math.max(...samples.map(Math.abs)) * 1.6);
    },
    close: () => void context.close(),
  };
}
