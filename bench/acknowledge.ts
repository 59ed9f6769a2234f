import { fork } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism, cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { measureFsyncMs } from './fsync.ts';
import type { LoadOrder, LoadResult } from './load.ts';
import { authToken, type Receiver, startBareFastify, startWholeProduct } from './receivers/receiver.ts';

/*
 * How many signed webhooks a second are acknowledged durably (verified, stored, synced to disk, woken), beside a bare Fastify that
 * only reads the form, on the same machine in the same run.
 *
 *   npm run bench:acknowledge -- [--seconds 5] [--rounds 3] [--connections 50] [--senders 200]
 */
const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '5' },
    rounds: { type: 'string', default: '3' },
    connections: { type: 'string', default: '50' },
    senders: { type: 'string', default: '200' },
  },
});
const seconds = Number(values.seconds);
const rounds = Number(values.rounds);
/** Enough for V8 to compile what is hot. */
const warmUpAmount = 10_000;

await using bare = await startBareFastify();
await using product = await startWholeProduct();
const receivers = [bare, product] as const;
const results = new Map<Receiver, LoadResult[]>(receivers.map((receiver) => [receiver, []]));
const acknowledged = new Map<Receiver, number>(receivers.map((receiver) => [receiver, 0]));

// A fixed number a round instead of a fixed time: then every request is answered, and what is stored can be compared exactly.
const amounts = new Map<Receiver, number>();
for (const receiver of receivers) {
  const { perSecond } = await load(receiver, warmUpAmount);
  amounts.set(receiver, Math.round(perSecond * seconds));
}
for (let round = 0; round < rounds; round++) {
  for (const receiver of receivers) {
    results.get(receiver)?.push(await load(receiver, amounts.get(receiver) ?? warmUpAmount));
  }
}

print(`${cpus()[0]?.model.trim()}, ${availableParallelism()} cores, Node ${process.version}`);
print(
  `one fsync takes ${measureFsyncMs().toFixed(2)} ms here; ${values.connections} connections, ${values.senders} people`,
);
print('');
print('| receiver | webhooks/s | p50 ms | p99 ms | rounds |');
print('| --- | ---: | ---: | ---: | --- |');
for (const receiver of receivers) {
  const all = results.get(receiver) ?? [];
  const [rate, p50, p99] = [
    median(all.map((result) => result.perSecond)),
    median(all.map((result) => result.p50Ms)),
    median(all.map((result) => result.p99Ms)),
  ];
  const each = all.map((result) => Math.round(result.perSecond)).join(', ');
  print(`| ${receiver.name} | ${Math.round(rate)} | ${p50.toFixed(1)} | ${p99.toFixed(1)} | ${each} |`);
}
const rateOf = (receiver: Receiver) =>
  median((results.get(receiver) ?? []).map((result) => result.perSecond));
print('');
print(`ratio: ${(rateOf(product) / rateOf(bare)).toFixed(2)} of bare Fastify`);

const stored = product.countStored();
const promised = acknowledged.get(product);
print(`stored ${stored} messages for ${promised} acknowledgements`);
if (stored !== promised) {
  print('NOT durable: every 200 must be one stored message.');
  process.exitCode = 1;
}

async function load(receiver: Receiver, amount: number): Promise<LoadResult> {
  const child = fork(new URL('./load.ts', import.meta.url));
  const order: LoadOrder = {
    origin: receiver.origin,
    authToken,
    amount,
    connections: Number(values.connections),
    senders: Number(values.senders),
  };
  child.send(order);
  const [result] = (await once(child, 'message')) as [LoadResult];
  if (result.failed > 0) throw new Error(`${receiver.name} failed ${result.failed} of ${amount} webhooks`);
  acknowledged.set(receiver, (acknowledged.get(receiver) ?? 0) + result.acknowledged);
  return result;
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((one, other) => one - other)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
