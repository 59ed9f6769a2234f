import { fork } from 'node:child_process';
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { waitFor } from '#tests/support/wait-for.ts';
import { measureFsyncMs } from './fsync.ts';
import type { LoadOrder, LoadResult } from './load.ts';
import {
  authToken,
  publicUrl,
  type Receiver,
  startBareFastify,
  startExpress,
  startFastApi,
} from './receivers/receiver.ts';
import { startProductOnPostgres, startWholeProduct } from './receivers/whole-product.ts';
import { median, print, printGoal, printMachine, printTable } from './report.ts';

/*
 * How many signed webhooks a second are acknowledged durably (verified, stored, synced to disk), beside a bare Fastify that only
 * reads the form and beside minimal receivers that are as durable, on the same machine in the same run.
 *
 *   npm run bench:acknowledge -- [--seconds 5] [--rounds 3] [--connections 50] [--senders 200] [--postgres]
 */
const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '5' },
    rounds: { type: 'string', default: '3' },
    connections: { type: 'string', default: '50' },
    senders: { type: 'string', default: '200' },
    postgres: { type: 'boolean', default: false },
  },
});

/** What one receiver did in one round. */
interface Round extends LoadResult {
  /** Messages that waited to be sorted when the last webhook had been answered. */
  readonly leftover: number;
  /** Webhooks a second from the first request until the last message was in the database. */
  readonly sustained: number;
}

interface Score {
  readonly receiver: Receiver;
  amount: number;
  acknowledged: number;
  readonly rounds: Round[];
}

/** Enough for V8 to compile what is hot. */
const warmUpSeconds = 2;
const firstAmount = 1_000;

await using stack = new AsyncDisposableStack();
const bare = stack.use(await startBareFastify());
const express = stack.use(await startExpress());
const fastApi = stack.use(await startFastApi());
const product = stack.use(await startWholeProduct());
const postgres = values.postgres ? stack.use(await startProductOnPostgres()) : undefined;
const scores: Score[] = [bare, express, fastApi, product, postgres]
  .filter((receiver) => receiver !== undefined)
  .map((receiver) => ({ receiver, amount: 0, acknowledged: 0, rounds: [] }));

// A fixed number a round instead of a fixed time: then every request is answered, and what is stored can be compared exactly.
for (const score of scores) {
  const cold = await load(score, firstAmount);
  const warm = await load(score, Math.round(cold.perSecond * warmUpSeconds));
  score.amount = Math.round(warm.perSecond * Number(values.seconds));
}
for (let round = 0; round < Number(values.rounds); round++) {
  for (const score of scores) score.rounds.push(await load(score, score.amount));
}

printMachine();
print(
  `one fsync takes ${measureFsyncMs().toFixed(2)} ms here; ${values.connections} connections, ${values.senders} people`,
);
print();
const middle = (score: Score, pick: (round: Round) => number) => median(score.rounds.map(pick));
printTable(
  ['receiver', 'webhooks/s', 'p50 ms', 'p99 ms', 'with sorting/s', 'rounds'],
  scores.map((score) => [
    score.receiver.name,
    middle(score, (round) => round.perSecond).toFixed(0),
    middle(score, (round) => round.p50Ms).toFixed(1),
    middle(score, (round) => round.p99Ms).toFixed(1),
    middle(score, (round) => round.sustained).toFixed(0),
    score.rounds.map((round) => round.perSecond.toFixed(0)).join(', '),
  ]),
);
for (const mine of [product, postgres]) {
  if (!mine) continue;
  compare(mine, bare, 0.6);
  compare(mine, express, 2.5);
  if (fastApi) compare(mine, fastApi, 8);
  else print('FastAPI is not installed (Debian: python3-fastapi python3-uvicorn python3-sqlalchemy)');
}
for (const { receiver, acknowledged, rounds } of scores) {
  const stored = await receiver.countStored();
  if (!stored) continue;
  const leftover = Math.max(...rounds.map((round) => round.leftover));
  print(
    `${receiver.name}: ${stored.sorted} stored for ${acknowledged} acknowledged; up to ${leftover} were still to be sorted after a round`,
  );
  if (stored.sorted !== acknowledged) {
    print('NOT durable: every 200 must be one stored message.');
    process.exitCode = 1;
  }
}

function compare(mine: Receiver, other: Receiver, goal: number): void {
  const rate = (receiver: Receiver) =>
    median(
      scores
        .filter((score) => score.receiver === receiver)
        .flatMap(({ rounds }) => rounds.map((round) => round.perSecond)),
    );
  const ratio = rate(mine) / rate(other);
  printGoal(`${mine.name} / ${other.name}`, ratio.toFixed(2), `≥ ${goal}`, ratio >= goal);
}

async function load(score: Score, amount: number): Promise<Round> {
  const { receiver } = score;
  const child = fork(new URL('./load.ts', import.meta.url));
  const order: LoadOrder = {
    origin: receiver.origin,
    signedUrl: `${publicUrl}/webhook`,
    authToken,
    amount,
    connections: Number(values.connections),
    senders: Number(values.senders),
  };
  child.send(order);
  const [result] = (await once(child, 'message')) as [LoadResult];
  const answeredAt = performance.now();
  if (result.failed > 0) throw new Error(`${receiver.name} failed ${result.failed} of ${amount} webhooks`);
  score.acknowledged += result.acknowledged;
  const leftover = (await receiver.countStored())?.waiting ?? 0;
  await waitFor(
    `${receiver.name} to sort everything`,
    async () => ((await receiver.countStored())?.waiting ?? 0) === 0,
    120_000,
  );
  const sortingSeconds = leftover === 0 ? 0 : (performance.now() - answeredAt) / 1000;
  const seconds = result.acknowledged / result.perSecond + sortingSeconds;
  return { ...result, leftover, sustained: result.acknowledged / seconds };
}
