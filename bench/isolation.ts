import { fork } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism, cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { photo } from '#tests/support/image-fixtures.ts';
import { openOpenAiStandIn } from '#tests/support/openai-stand-in.ts';
import { manyPages, textPdf } from '#tests/support/pdf-fixtures.ts';
import { createPerson } from '#tests/support/person.ts';
import { openTwilioStandIn } from '#tests/support/twilio-stand-in.ts';
import type { PacedOrder, PacedResult } from './paced-load.ts';
import { startWholeProduct } from './receivers/receiver.ts';

/*
 * Does the acknowledgement stay fast while large files are read? The real product between stand-ins for Twilio and OpenAI, which run
 * in this process; webhooks come at a steady pace from another. First nothing else happens, then people keep sending 300-page PDFs
 * and 50-megapixel photos.
 *
 *   npm run bench:isolation -- [--seconds 15] [--perSecond 50]
 */
const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '15' }, perSecond: { type: 'string', default: '50' } },
});
const account = { accountSid: `AC${'1'.repeat(32)}`, authToken: 'the-auth-token-of-the-benchmark' };

/** Twice as many at a time as there are processes to read, so that none of them rests. */
const sendersAtOnce = 4;
/** A person for each file: the documents of a long conversation are another matter than reading one. */
const fileSenders = Array.from({ length: 1000 }, (_, index) => `+1555999${String(index).padStart(4, '0')}`);

const pdf = await textPdf(manyPages(300));
const jpeg = await photo(8660, 5774).jpeg({ quality: 60 }).toBuffer();

await using twilio = await openTwilioStandIn(account);
await using openai = await openOpenAiStandIn();
openai.answers(() => 'A short answer.');
await using product = await startWholeProduct({
  env: {
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

print(`${cpus()[0]?.model.trim()}, ${availableParallelism()} cores, Node ${process.version}`);
await measure(3);
const idle = await measure(Number(values.seconds));
const reading = new AbortController();
let read = 0;
const firstRead = Promise.withResolvers<void>();
const unused = fileSenders.values();
const senders = Array.from({ length: sendersAtOnce }, (_, index) => keepSending(index));
// The clock starts when the readers are warm.
await firstRead.promise;
const readBefore = read;
const busy = await measure(Number(values.seconds));
const readMeanwhile = read - readBefore;
reading.abort();
await Promise.all(senders);

print(`${readMeanwhile} large files were read meanwhile (300-page PDFs, 50-megapixel photos)`);
print('');
print('| acknowledging | p50 ms | p99 ms | slowest ms | webhooks |');
print('| --- | ---: | ---: | ---: | ---: |');
for (const [name, result] of [
  ['idle', idle],
  ['while files are read', busy],
] as const) {
  const { p50Ms, p99Ms, slowestMs, acknowledged } = result;
  print(
    `| ${name} | ${p50Ms.toFixed(1)} | ${p99Ms.toFixed(1)} | ${slowestMs.toFixed(1)} | ${acknowledged} |`,
  );
}
print('');
print(`p99 ratio: ${(busy.p99Ms / idle.p99Ms).toFixed(2)}`);
for (const problem of [...twilio.problems, ...openai.problems]) print(`a stand-in refused: ${problem}`);

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

/** Sends one large file after the other, a PDF and a photo in turn, and waits for each answer. */
async function keepSending(first: number): Promise<void> {
  for (let turn = first; !reading.signal.aborted; turn++) {
    const { value: phone } = unused.next();
    if (phone === undefined) throw new Error('nobody is left to send a file');
    const person = createPerson({ phone, twilio, productUrl: () => product.origin });
    const file =
      turn % 2 === 0 ? { bytes: pdf, type: 'application/pdf' } : { bytes: jpeg, type: 'image/jpeg' };
    const status = await person.sends(file);
    if (status !== 200) throw new Error(`a file was answered ${status}`);
    await person.hears(120_000);
    read += 1;
    firstRead.resolve();
  }
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
