import { photo } from '#tests/support/image-fixtures.ts';
import { openOpenAiStandIn } from '#tests/support/openai-stand-in.ts';
import { manyPages, textPdf } from '#tests/support/pdf-fixtures.ts';
import { createPerson } from '#tests/support/person.ts';
import { openTwilioStandIn } from '#tests/support/twilio-stand-in.ts';
import { longRecording } from './sound.ts';

/*
 * People who send large files, and the vendors that carry and hear them: the strict stand-ins of the tests. A program of its own, because
 * in the real world all of them are on other machines: whoever starts it gives it the lowest priority.
 */

/** What this process is told. */
export type SenderOrder = { readonly kind: 'send'; readonly origin: string } | { readonly kind: 'stop' };

/** What it says: once where the vendors are, then each answered file, and at the end of each round what the vendors refused. */
export type SenderNews =
  | { readonly kind: 'open'; readonly env: Readonly<Record<string, string>>; readonly authToken: string }
  | { readonly kind: 'read' }
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'stopped'; readonly problems: readonly string[] };

const account = { accountSid: `AC${'1'.repeat(32)}`, authToken: 'the-auth-token-of-the-benchmark' };
const answer = 'A short answer.';
/** Twice as many at a time as there are processes to read, so that none of them rests. */
const sendersAtOnce = 4;
/** A person for each file: the documents of a long conversation are another matter than reading one. */
const fileSenders = Array.from({ length: 1000 }, (_, index) => `+1555999${String(index).padStart(4, '0')}`);
const unused = fileSenders.values();

const files = [
  { bytes: await textPdf(manyPages(300)), type: 'application/pdf' },
  { bytes: await photo(8660, 5774).jpeg({ quality: 60 }).toBuffer(), type: 'image/jpeg' },
  { bytes: longRecording(16 * 1024 * 1024), type: 'audio/wav' },
];
const twilio = await openTwilioStandIn(account);
const openai = await openOpenAiStandIn();
openai.answers(() => answer);

let reading = new AbortController();
process.on('message', (order: SenderOrder) => {
  if (order.kind === 'stop') return reading.abort();
  reading = new AbortController();
  void sendUntilStopped(order.origin, reading.signal);
});
process.once('disconnect', () => process.exit(0));
tell({
  kind: 'open',
  authToken: account.authToken,
  env: {
    TWILIO_ACCOUNT_SID: account.accountSid,
    TWILIO_AUTH_TOKEN: account.authToken,
    TWILIO_WHATSAPP_NUMBER: '+14155238886',
    TWILIO_BASE_URL: twilio.url,
    MEDIA_EXTRA_ORIGINS: twilio.cdnUrl,
    OPENAI_API_KEY: 'sk-bench',
    OPENAI_BASE_URL: openai.url,
    OPENAI_API: 'responses',
    WHITELISTED_USERS: fileSenders.join(','),
  },
});

async function sendUntilStopped(origin: string, signal: AbortSignal): Promise<void> {
  try {
    await Promise.all(
      Array.from({ length: sendersAtOnce }, (_, index) => keepSending(origin, index, signal)),
    );
    tell({ kind: 'stopped', problems: [...twilio.problems, ...openai.problems] });
  } catch (error) {
    tell({ kind: 'failed', reason: String(error) });
  }
}

/** Sends one large file after the other, a PDF, a photo and a voice note in turn, and waits for each answer. */
async function keepSending(origin: string, first: number, signal: AbortSignal): Promise<void> {
  for (let turn = first; !signal.aborted; turn++) {
    const { value: phone } = unused.next();
    if (phone === undefined) throw new Error('nobody is left to send a file');
    const person = createPerson({ phone, twilio, productUrl: () => origin });
    const file = files[turn % files.length];
    if (!file) throw new Error('there is no file');
    const status = await person.sends(file);
    if (status !== 200) throw new Error(`a file was answered ${status}`);
    const heard = await person.hears(120_000);
    if (!heard.includes(answer)) throw new Error(`a ${file.type} was not understood: ${heard}`);
    tell({ kind: 'read' });
  }
}

function tell(news: SenderNews): void {
  process.send?.(news);
}
