import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { testPeople } from '#src/domain/test-people.ts';
import { createDatabase, startPostgres } from '#tests/support/postgres-server.ts';
import { type RunningProduct, startProduct } from '#tests/support/product.ts';
import { waitFor } from '#tests/support/wait-for.ts';
import { median, print, printGoal, printMachine, printTable } from './report.ts';
import { firstPhone, storedConversationId, storedUserId, storeHistory } from './stored-history.ts';
import { openOutsideWorld } from './vendors/open-outside-world.ts';

/*
 * Does anything get slower with what is stored? Turns and the queries of the pages, on databases with 1,000, 100,000 and 1,000,000
 * messages of 2,000 people, one of whom has 50,000 of them. The three products run side by side and are asked in turn, so that a busy
 * moment of the machine meets all of them. Before, each adds its ledger up by days, as it does at every start and every hour.
 *
 *   npm run bench:growth -- [--messages 1000,100000,1000000] [--rounds 40] [--postgres]
 */
const { values } = parseArgs({
  options: {
    messages: { type: 'string', default: '1000,100000,1000000' },
    rounds: { type: 'string', default: '40' },
    postgres: { type: 'boolean', default: false },
  },
});
const sizes = values.messages.split(',').map(Number);
const rounds = Number(values.rounds);
const password = 'the password of the benchmark';

printMachine();
const folder = await mkdtemp(join(tmpdir(), 'growth-'));
await using opened = new AsyncDisposableStack();
opened.defer(() => rm(folder, { recursive: true, force: true }));
const world = opened.use(await openOutsideWorld());
const server = values.postgres ? opened.use(await startPostgres({ isDurable: true })) : undefined;

interface Asked {
  readonly product: RunningProduct;
  readonly headers: Record<string, string>;
}

const products: Asked[] = [];
for (const size of sizes) products.push(await startWith(size));
const chat = `/simulator/thread?person=${encodeURIComponent(testPeople[0]?.phone ?? '')}`;
/** What is timed: a page query, or a turn of somebody. */
const questions: readonly (readonly [string, string | ((asked: Asked, round: number) => Promise<number>)])[] =
  [
    ['a turn, people with few messages', (asked, round) => turn(asked, firstPhone + 1 + round)],
    ['a turn, the person with most messages', (asked) => turn(asked, firstPhone)],
    ['messages, first page', '/api/v1/messages?limit=50'],
    ['messages of a person', `/api/v1/messages?limit=50&user_id=${storedUserId(7)}`],
    ['messages of the one with most', `/api/v1/messages?limit=50&user_id=${storedUserId(0)}`],
    [
      'messages of their conversation',
      `/api/v1/messages?limit=50&conversation_id=${storedConversationId(0)}`,
    ],
    ['outbound messages', '/api/v1/messages?limit=50&direction=outbound'],
    ['photos (there are none)', '/api/v1/messages?limit=50&type=image'],
    ['conversations', '/api/v1/conversations?limit=50'],
    ['users', '/api/v1/users?limit=50'],
    ['users, searched', '/api/v1/users?limit=50&q=Person%2019'],
    ['usage, 30 days, by day and model', '/api/v1/usage?group_by=day,model'],
    ['usage, 30 days, by person', '/api/v1/usage?group_by=user'],
    ['usage, 30 days, by day, person and model', '/api/v1/usage'],
    ['usage of a person', `/api/v1/usage?user_id=${storedUserId(7)}`],
    ['usage of the one with most', `/api/v1/usage?user_id=${storedUserId(0)}`],
    ['chat view of the one with most', chat],
  ];

/** The answers themselves grow here, until everybody writes every day or a report is cut: more lines are no slowness. */
const longerAnswers = ['/api/v1/usage?group_by=user', '/api/v1/usage'];

const rows: string[][] = [];
let worst = { name: '', ratio: 0 };
for (const [name, question] of questions) {
  const times = sizes.map((): number[] => []);
  // The first ones meet cold caches and code that is not compiled yet.
  for (let round = -5; round < rounds; round++) {
    for (const [index, asked] of products.entries()) {
      const ms = typeof question === 'string' ? await ask(asked, question) : await question(asked, round + 5);
      if (round >= 0) times[index]?.push(ms);
    }
  }
  const medians = times.map(median);
  const ratio = (medians.at(-1) ?? Number.NaN) / (medians[0] ?? Number.NaN);
  const isLonger = typeof question === 'string' && longerAnswers.includes(question);
  const lines = isLonger
    ? ` (${(await Promise.all(products.map((asked) => linesOf(asked, question)))).join(', ')} lines)`
    : '';
  if (ratio > worst.ratio && !isLonger) worst = { name, ratio };
  rows.push([name + lines, ...medians.map((ms) => ms.toFixed(2)), ratio.toFixed(2)]);
}
printTable(
  [
    `ms, median of ${rounds}, ${server ? 'Postgres' : 'SQLite'}`,
    ...sizes.map((size) => `${size.toLocaleString('en-US')} messages`),
    'ratio',
  ],
  rows,
);
printGoal(`slowest growth (${worst.name})`, `${worst.ratio.toFixed(2)}×`, 'at most 1.3×', worst.ratio <= 1.3);
for (const { product } of products) await product.stop('SIGKILL');

async function startWith(messages: number): Promise<Asked> {
  const startedAt = performance.now();
  const file = join(folder, `${messages}.db`);
  const url = server && opened.use(await createDatabase(server.url)).url;
  await storeHistory(url ? { engine: 'postgres', url, poolSize: 4 } : { engine: 'sqlite', file }, messages);
  print(`${messages} messages stored in ${((performance.now() - startedAt) / 1000).toFixed(0)} s`);
  const env = { ...world.env, ADMIN_PASSWORD: password, DATABASE_URL: url ?? `sqlite:///${file}` };
  const product = opened.use(await startProduct({ env }));
  const form = { method: 'POST', redirect: 'manual' as const, headers: { origin: product.url } };
  const signedIn = await fetch(`${product.url}/sign-in`, {
    ...form,
    body: new URLSearchParams({ password }),
  });
  const token = await fetch(`${product.url}/api/v1/auth/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ password }),
  });
  const { accessToken } = (await token.json()) as { accessToken: string };
  const cookie = signedIn.headers.getSetCookie().map((line) => line.split(';')[0]);
  const asked = { product, headers: { authorization: `Bearer ${accessToken}`, cookie: cookie.join('; ') } };
  await ledgerSummed(asked);
  return asked;
}

/** The product does it by itself, beside its other work. */
async function ledgerSummed({ product, headers }: Asked): Promise<void> {
  const startedAt = performance.now();
  const isDone = async () => {
    const response = await fetch(`${product.url}/metrics`, { headers });
    return (await response.text()).includes('_job_duration_seconds_count{job="sum-usage",outcome="ok"}');
  };
  await waitFor('the sums of the ledger', isDone, 300_000);
  print(`ledger added up by the product within ${((performance.now() - startedAt) / 1000).toFixed(0)} s`);
}

async function linesOf({ product, headers }: Asked, path: string): Promise<string> {
  const response = await fetch(product.url + path, { headers });
  const { items } = (await response.json()) as { items: readonly unknown[] };
  return items.length.toLocaleString('en-US');
}

async function ask({ product, headers }: Asked, path: string): Promise<number> {
  const startedAt = performance.now();
  const response = await fetch(product.url + path, { headers });
  const body = await response.text();
  if (response.status !== 200) throw new Error(`${path} answered ${response.status}: ${body.slice(0, 200)}`);
  return performance.now() - startedAt;
}

async function turn({ product }: Asked, phone: number): Promise<number> {
  const crowd = { origin: product.url, turns: 1, atOnce: 1, firstPhone: phone };
  return (await world.crowd(crowd)).addedMs[0] ?? Number.NaN;
}
