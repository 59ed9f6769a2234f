import { fork } from 'node:child_process';
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { startProduct } from '#tests/support/product.ts';
import { testAccount } from '#tests/support/vendor-settings.ts';
import { median, print, printGoal, printMachine, printTable, quantile } from './report.ts';
import type { BareOrder } from './vendors/bare-turns.ts';
import { openOutsideWorld } from './vendors/open-outside-world.ts';

/*
 * How many turns a second the whole product answers (webhook verified and stored, person found, prompt composed, model asked, answer
 * formatted, stored and sent) when its vendors answer at once, beside a bare script that makes the same calls with the same SDKs; and
 * how much time the product adds to vendors that take half a second.
 *
 *   npm run bench:answer -- [--turns 2000] [--rounds 3] [--people 50] [--url postgres://…]
 */
const { values } = parseArgs({
  options: {
    turns: { type: 'string', default: '2000' },
    rounds: { type: 'string', default: '3' },
    people: { type: 'string', default: '50' },
    url: { type: 'string' },
  },
});
const turns = Number(values.turns);
const rounds = Number(values.rounds);
const people = Number(values.people);
const database: Record<string, string> = values.url ? { DATABASE_URL: values.url } : {};

printMachine();
await compareThroughput();
await measureAddedTime();

async function compareThroughput(): Promise<void> {
  await using world = await openOutsideWorld();
  await using product = await startProduct({ env: { ...world.env, ...database } });
  const bare = fork(new URL('./vendors/bare-turns.ts', import.meta.url));
  const runBare = async (amount: number) => {
    const order: BareOrder = { url: world.url, ...testAccount, turns: amount, atOnce: people };
    bare.send(order);
    const [{ seconds }] = (await once(bare, 'message')) as [{ seconds: number }];
    return amount / seconds;
  };
  let firstPhone = 15_550_000_000;
  const runProduct = async (amount: number) => {
    const { seconds } = await world.crowd({ origin: product.url, turns: amount, atOnce: people, firstPhone });
    firstPhone += amount;
    return amount / seconds;
  };

  await runBare(turns / 2);
  await runProduct(turns / 2);
  const rates = { bare: [] as number[], product: [] as number[] };
  for (let round = 0; round < rounds; round++) {
    rates.bare.push(await runBare(turns));
    rates.product.push(await runProduct(turns));
  }
  bare.disconnect();
  bare.kill();
  await product.stop('SIGKILL');

  const row = (name: string, all: readonly number[]) => [
    name,
    median(all).toFixed(0),
    all.map((rate) => rate.toFixed(0)).join(', '),
  ];
  printTable(
    [`${people} people at once, vendors answer at once`, 'turns/s', 'rounds'],
    [row('bare script', rates.bare), row('the product', rates.product)],
  );
  const ratio = median(rates.product) / median(rates.bare);
  printGoal('of the bare script', ratio.toFixed(2), 'at least 0.7', ratio >= 0.7);
  print();
}

async function measureAddedTime(): Promise<void> {
  await using world = await openOutsideWorld();
  await using product = await startProduct({ env: { ...world.env, ...database } });
  // What runs for days has been compiled long ago: as many turns as before the other comparison, at once, and some at this pace.
  await world.crowd({ origin: product.url, atOnce: people, turns: turns / 2, firstPhone: 15_560_000_000 });
  const crowd = { origin: product.url, atOnce: people, people: 'same' as const, delayMs: 500 };
  await world.crowd({ ...crowd, turns: people * 4 });
  const spread: number[][] = [];
  const together: number[][] = [];
  for (let round = 0; round < rounds; round++) {
    spread.push([...(await world.crowd({ ...crowd, turns: people * 5, pauseMs: 1_000 })).addedMs]);
    together.push([...(await world.crowd({ ...crowd, turns: people })).addedMs]);
  }
  await product.stop('SIGKILL');
  const at = (all: readonly number[][], share: number) => median(all.map((one) => quantile(one, share)));
  const row = (name: string, all: readonly number[][]) => [
    name,
    ...[0.5, 0.99, 1].map((share) => at(all, share).toFixed(1)),
  ];
  printTable(
    [`added to vendors of 500 ms, ${people} people at once`, 'p50 ms', 'p99 ms', 'slowest ms'],
    [row('each writes when they like', spread), row('all write in the same millisecond', together)],
  );
  const [p50, p99] = [at(spread, 0.5), at(spread, 0.99)];
  printGoal('added p50', `${p50.toFixed(1)} ms`, 'under 10 ms', p50 < 10);
  printGoal('added p99', `${p99.toFixed(1)} ms`, 'under 40 ms', p99 < 40);
}
