import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { constants, setPriority } from 'node:os';
import { parseArgs } from 'node:util';
import type { SenderNews, SenderOrder } from './file-senders.ts';
import type { PacedOrder, PacedResult } from './paced-load.ts';
import { startWholeProduct } from './receivers/whole-product.ts';
import { median, print, printGoal, printMachine, printTable } from './report.ts';

/*
 * Does the acknowledgement stay fast while large files are read? The real product; webhooks come at a steady pace from a process of
 * their own. First nothing else happens, then people keep sending 300-page PDFs, 50-megapixel photos and voice notes of 16 MB. The
 * vendors and these people share a third process of the lowest priority: they stand for other machines, and checking a form of 16 MB
 * is no work of the product. What the product does for a file is the same.
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

const outside = startOutside();
const opened = await next(outside, 'open');
await using product = await startWholeProduct({
  env: {
    ...opened.env,
    // Signed for the address they are sent to.
    PUBLIC_URL: '',
    MAX_PDF_PAGES: '300',
    MAX_MEDIA_MB: '64',
    // Whoever only writes is a stranger, whose messages are stored but never answered; the same in both measurements.
    REPLY_DELAY_MS: '1000',
    RATE_LIMIT_MESSAGES: '100000',
  },
});

printMachine();
await measure(3);
const rounds: { idle: PacedResult; busy: PacedResult; read: number }[] = [];
const problems = new Set<string>();
for (let round = 0; round < Number(values.rounds); round++) {
  const idle = await measure(Number(values.seconds));
  rounds.push({ idle, ...(await measureWhileReading()) });
}
outside.disconnect();

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
for (const problem of problems) print(`a stand-in refused: ${problem}`);

async function measureWhileReading(): Promise<{ busy: PacedResult; read: number }> {
  let filesRead = 0;
  const count = (news: SenderNews) => {
    if (news.kind === 'read') filesRead += 1;
  };
  outside.on('message', count);
  tell(outside, { kind: 'send', origin: product.origin });
  // The clock starts when the readers are warm.
  await next(outside, 'read');
  const readBefore = filesRead;
  const busy = await measure(Number(values.seconds));
  const readMeanwhile = filesRead - readBefore;
  tell(outside, { kind: 'stop' });
  for (const problem of (await next(outside, 'stopped')).problems) problems.add(problem);
  outside.off('message', count);
  return { busy, read: readMeanwhile };
}

async function measure(seconds: number): Promise<PacedResult> {
  const child = fork(new URL('./paced-load.ts', import.meta.url));
  const order: PacedOrder = {
    origin: product.origin,
    authToken: opened.authToken,
    seconds,
    perSecond: Number(values.perSecond),
  };
  child.send(order);
  const [result] = (await once(child, 'message')) as [PacedResult];
  if (result.failed > 0) throw new Error(`${result.failed} webhooks failed`);
  return result;
}

/** Starts vendors and senders at the lowest priority. */
function startOutside(): ChildProcess {
  const child = fork(new URL('./file-senders.ts', import.meta.url));
  if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_LOW);
  return child;
}

function tell(child: ChildProcess, order: SenderOrder): void {
  child.send(order);
}

/** The next news of a kind. @throws when the senders failed or ended */
function next<Kind extends SenderNews['kind']>(
  child: ChildProcess,
  kind: Kind,
): Promise<Extract<SenderNews, { kind: Kind }>> {
  return new Promise((resolve, reject) => {
    const done = () => child.off('message', look).off('exit', fail);
    const fail = () => {
      done();
      reject(new Error('the senders ended'));
    };
    const look = (news: SenderNews) => {
      if (news.kind !== kind && news.kind !== 'failed') return;
      done();
      if (news.kind === 'failed') reject(new Error(news.reason));
      else resolve(news as Extract<SenderNews, { kind: Kind }>);
    };
    child.on('message', look).on('exit', fail);
  });
}
