import { fork } from 'node:child_process';
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { photo } from '#tests/support/image-fixtures.ts';
import { openOpenAiStandIn } from '#tests/support/openai-stand-in.ts';
import { manyPages, textPdf } from '#tests/support/pdf-fixtures.ts';
import { createPerson } from '#tests/support/person.ts';
import { openTwilioStandIn } from '#tests/support/twilio-stand-in.ts';
import type { PacedOrder, PacedResult } from './paced-load.ts';
import { startWholeProduct } from './receivers/whole-product.ts';
import { median, print, printGoal, printMachine, printTable } from './report.ts';
import { longRecording } from './sound.ts';

/*
 * Does the acknowledgement stay fast while large files are read? The real product between stand-ins for Twilio and OpenAI, which run
 * in this process; webhooks come at a steady pace from another. First nothing else happens, then people keep sending 300-page PDFs,
 * 50-megapixel photos and voice notes of 16 MB.
 *
 *   npm run bench:isolation -- [--seconds 8] [--rounds 3] [--perSecond 50]
 */
const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '8' },
    rounds: { type: 'string', default: '3' },
    perSecond: { type: 'string', default: '50' },
  },
});
const account = { accountSid: `AC${'1'.repeat(32)}`, authToken: 'the-auth-token-of-the-benchmark' };

const answer = 'A short answer.';
/** Twice as many at a time as there are processes to read, so that none of them rests. */
const sendersAtOnce = 4;
/** A person for each file: the documents of a long conversation are another matter than reading one. */
const fileSenders = Array.from({ length: 1000 }, (_, index) => `+1555999${String(index).padStart(4, '0')}`);

const pdf = await textPdf(manyPages(300));
const files = [
  { bytes: pdf, type: 'application/pdf' },
  { bytes: await photo(8660, 5774).jpeg({ quality: 60 }).toBuffer(), type: 'image/jpeg' },
  { bytes: longRecording(16 * 1024 * 1024), type: 'audio/wav' },
];

await using twilio = await openTwilioStandIn(account);
await using openai = await openOpenAiStandIn();
openai.answers(() => answer);
await using product = await startWholeProduct({
  env: {
    // Signed for the address they are sent to.
    PUBLIC_URL: '',
    TWILIO_ACCOUNT_SID: account.accountSid,
    TWILIO_AUTH_TOKEN: account.authToken,
    TWILIO_WHATSAPP_NUMBER: '+14155238886',
    TWILIO_BASE_URL: twilio.url,
    MEDIA_EXTRA_ORIGINS: twilio.cdnUrl,
    OPENAI_API_KEY: 'sk-bench',
    OPENAI_BASE_URL: openai.url,
    OPENAI_API: 'responses',
    MAX_PDF_PAGES: '300',
    MAX_MEDIA_MB: '64',
    // Whoever only writes is a stranger, whose messages are stored but never answered; the same in both measurements.
    REPLY_DELAY_MS: '1000',
    WHITELISTED_USERS: fileSenders.join(','),
    RATE_LIMIT_MESSAGES: '100000',
  },
});

const unused = fileSenders.values();

printMachine();
await measure(3);
const rounds: { idle: PacedResult; busy: PacedResult; read: number }[] = [];
for (let round = 0; round < Number(values.rounds); round++) {
  const idle = await measure(Number(values.seconds));
  rounds.push({ idle, ...(await measureWhileReading()) });
}

const read = rounds.map((round) => round.read).join(', ');
print(`${read} large files were read meanwhile (300-page PDFs, 50-megapixel photos, 16 MB voice notes)`);
print();
const middle = (pick: (round: (typeof rounds)[number]) => number) => median(rounds.map(pick));
printTable(
  [`acknowledging ${values.perSecond} webhooks a second`, 'p50 ms', 'p99 ms', 'slowest ms'],
  (['idle', 'busy'] as const).map((state) => [
    state === 'idle' ? 'idle' : 'while files are read',
    middle((round) => round[state].p50Ms).toFixed(1),
    middle((round) => round[state].p99Ms).toFixed(1),
    middle((round) => round[state].slowestMs).toFixed(1),
  ]),
);
const ratio = middle(({ idle, busy }) => busy.p99Ms / idle.p99Ms);
const each = rounds.map(({ idle, busy }) => (busy.p99Ms / idle.p99Ms).toFixed(1)).join(', ');
printGoal('p99 against idle', `${ratio.toFixed(2)}× (${each})`, 'under 2×', ratio < 2);
for (const problem of [...twilio.problems, ...openai.problems]) print(`a stand-in refused: ${problem}`);

async function measureWhileReading(): Promise<{ busy: PacedResult; read: number }> {
  const reading = new AbortController();
  const firstRead = Promise.withResolvers<void>();
  let filesRead = 0;
  const senders = Array.from({ length: sendersAtOnce }, (_, index) =>
    keepSending(index, reading.signal, () => {
      filesRead += 1;
      firstRead.resolve();
    }),
  );
  // The clock starts when the readers are warm.
  await firstRead.promise;
  const readBefore = filesRead;
  const busy = await measure(Number(values.seconds));
  const readMeanwhile = filesRead - readBefore;
  reading.abort();
  await Promise.all(senders);
  return { busy, read: readMeanwhile };
}

async function measure(seconds: number): Promise<PacedResult> {
  const child = fork(new URL('./paced-load.ts', import.meta.url));
  const order: PacedOrder = {
    origin: product.origin,
    authToken: account.authToken,
    seconds,
    perSecond: Number(values.perSecond),
  };
  child.send(order);
  const [result] = (await once(child, 'message')) as [PacedResult];
  if (result.failed > 0) throw new Error(`${result.failed} webhooks failed`);
  return result;
}

/** Sends one large file after the other, a PDF, a photo and a voice note in turn, and waits for each answer. */
async function keepSending(first: number, signal: AbortSignal, onRead: () => void): Promise<void> {
  for (let turn = first; !signal.aborted; turn++) {
    const { value: phone } = unused.next();
    if (phone === undefined) throw new Error('nobody is left to send a file');
    const person = createPerson({ phone, twilio, productUrl: () => product.origin });
    const file = files[turn % files.length];
    if (!file) throw new Error('there is no file');
    const status = await person.sends(file);
    if (status !== 200) throw new Error(`a file was answered ${status}`);
    const heard = await person.hears(120_000);
    if (!heard.includes(answer)) throw new Error(`a ${file.type} was not understood: ${heard}`);
    onRead();
  }
}
