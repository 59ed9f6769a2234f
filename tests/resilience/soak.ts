import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { Fault } from '#tests/support/openai-answers.ts';
import { startPostgres } from '#tests/support/postgres-server.ts';
import { openWorld, type World } from '#tests/support/world.ts';
import { type Crowd, createCrowd } from './crowd.ts';
import { createDice, type Dice } from './dice.ts';
import { type Kill, repeatedCalls } from './ledger-of-calls.ts';
import { createMessageMaker } from './messages-of-a-crowd.ts';
import { blow, calm, queueOf } from './storm.ts';

/*
 * npm run soak -- --minutes 10 [--engine sqlite|postgres] [--seed 1]
 *
 * The kill test at length: fifty people write for as long as you like, processes die at random moments, and the vendors fail for
 * ten seconds out of thirty. Without --engine both engines take half of the time each. Ends with 1 on any violation.
 */

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    engine: { type: 'string' },
    seed: { type: 'string' },
  },
});
const engines = values.engine ? [values.engine] : ['sqlite', 'postgres'];
const minutes = Number(values.minutes) / engines.length;
const seed = Number(values.seed ?? Math.floor(Math.random() * 1_000_000));
const print = (line: string) => process.stdout.write(`${line}\n`);

/** Vendors fail in the first ten seconds of each thirty: longer than one run's patience, shorter than the queue's. */
const isBadTime = () => Date.now() % 30_000 < 10_000;
const faults: readonly Fault[] = [
  { kind: 'status', status: 500 },
  { kind: 'status', status: 503 },
  { kind: 'rate-limit', retryAfterMs: 300 },
  { kind: 'drop' },
  { kind: 'truncated-json' },
  { kind: 'empty' },
];

print(`seed ${seed}, ${minutes} minutes each on ${engines.join(' and ')}`);
const violations: string[] = [];
for (const engine of engines) {
  const server = engine === 'postgres' ? await startPostgres() : undefined;
  try {
    violations.push(...(await soak(engine, server?.url)));
  } finally {
    await server?.[Symbol.asyncDispose]();
  }
}
for (const violation of violations) print(`VIOLATION ${violation}`);
print(
  violations.length === 0 ? 'nothing lost, nothing twice' : `${violations.length} violations, seed ${seed}`,
);
process.exitCode = violations.length === 0 ? 0 : 1;

async function soak(engine: string, postgresUrl: string | undefined): Promise<string[]> {
  const dice = createDice(seed);
  const processes = engine === 'postgres' ? 2 : 1;
  await using world = await openWorld(
    { RATE_LIMIT_MESSAGES: '100000', LOG_LEVEL: 'warn' },
    { processes, postgresUrl },
  );
  const maker = createMessageMaker({ ...world, latencyMs: () => dice.between(20, 400) });
  const crowd = createCrowd(world, dice, { maker, people: 50, pauseMs: [2_000, 15_000] });
  letVendorsFail(world, dice);

  const end = Date.now() + minutes * 60_000;
  const storm = new AbortController();
  const writing = crowd.write(storm.signal);
  const kills: Kill[] = [];
  const report = setInterval(() => print(countsOf(engine, world, crowd, kills.length)), 60_000);
  try {
    const blown = await blow(world, dice, {
      processes,
      lifeMs: [200, 20_000],
      isOver: (soFar) => {
        kills.splice(0, kills.length, ...soFar);
        return Date.now() > end;
      },
    });
    storm.abort();
    await writing;
    world.openai.fails(() => undefined);
    world.twilio.sendsFail(() => 'ok');
    const stuck = await calm(world, crowd.accepted, 300_000).then(
      () => [],
      (error: Error) => [error.message],
    );
    print(countsOf(engine, world, crowd, blown.length));
    const repeats = repeatedCalls(world, blown, maker.traceOf);
    print(`${engine}: ${repeats.explained} calls to the model repeated because of a kill or a failure`);
    return [
      ...stuck,
      ...crowd.complaints(),
      ...repeats.unexplained,
      ...world.twilio.problems,
      ...world.openai.problems,
      ...((await queueOf(world))?.failed === 0 ? [] : ['jobs have failed for good']),
    ].map((violation) => `${engine}: ${violation}`);
  } finally {
    clearInterval(report);
  }
}

function letVendorsFail({ openai, twilio }: World, dice: Dice): void {
  openai.fails(() => (isBadTime() && dice.roll() < 0.5 ? dice.pick(faults) : undefined));
  twilio.sendsFail(() =>
    isBadTime() && dice.roll() < 0.5
      ? dice.pick([
          { status: 429, code: 20429, retryAfter: 1 },
          { status: 500 },
          'drop-before',
          'drop-after',
        ] as const)
      : 'ok',
  );
}

function countsOf(engine: string, world: World, crowd: Crowd, kills: number): string {
  const { openai, twilio } = world;
  const memory = world.living().map(({ process: { pid } }) => `${residentMegabytes(pid)} MB`);
  return [
    `${new Date().toISOString().slice(11, 19)} ${engine}: ${crowd.accepted.length} accepted`,
    `${crowd.unanswered()} unanswered`,
    `${openai.calls.length} model calls`,
    `${twilio.sent.length} sent`,
    `${kills} kills`,
    `RSS ${memory.join(' and ')}`,
  ].join(', ');
}

/** What a process holds in memory; Linux only, 0 elsewhere and for a process that is gone. */
function residentMegabytes(pid: number | undefined): number {
  try {
    const pages = Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]);
    return Math.round((pages * 4096) / 2 ** 20);
  } catch {
    return 0;
  }
}
