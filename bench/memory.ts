import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { photo } from '#tests/support/image-fixtures.ts';
import { manyPages, textPdf } from '#tests/support/pdf-fixtures.ts';
import { startProduct } from '#tests/support/product.ts';
import { median, print, printGoal, printMachine, printTable } from './report.ts';
import { openOutsideWorld } from './vendors/open-outside-world.ts';

/*
 * How much memory the product takes when idle, under load and after an hour's worth of load (3,600 turns as fast as they are answered;
 * one in twenty with a photo, one in twenty with a PDF), and how soon after its start the first webhook is accepted.
 *
 *   npm run bench:memory -- [--turns 3600] [--quick]
 */
const { values } = parseArgs({
  options: { turns: { type: 'string', default: '3600' }, quick: { type: 'boolean', default: false } },
});
/** As in the Dockerfile. */
const imageArgs = ['--max-old-space-size=256', '--max-semi-space-size=16'];
const parts = 12;
const turns = values.quick ? 600 : Number(values.turns);

const folder = await mkdtemp(join(tmpdir(), 'memory-'));
const files = [
  { ref: 'MEaa', path: join(folder, 'photo.jpg'), type: 'image/jpeg' },
  { ref: 'MEbb', path: join(folder, 'report.pdf'), type: 'application/pdf' },
];
await writeFile(files[0]?.path ?? '', await photo(1600, 1200).jpeg({ quality: 70 }).toBuffer());
await writeFile(files[1]?.path ?? '', await textPdf(manyPages(10)));
const refs = Array.from({ length: 20 }, (_, at) => (at === 5 ? 'MEaa' : at === 15 ? 'MEbb' : ''));

printMachine();
await using world = await openOutsideWorld({ files });
await measureStart();
await measureMemory();
await rm(folder, { recursive: true, force: true });

async function measureStart(): Promise<void> {
  const times: number[] = [];
  for (let round = 0; round < 5; round += 1) {
    const startedAt = performance.timeOrigin + performance.now();
    await using product = await startProduct({
      env: { MALLOC_ARENA_MAX: '2', ...world.env },
      nodeArgs: imageArgs,
    });
    const { firstAcceptedAt } = await world.crowd({ origin: product.url, turns: 1, atOnce: 1 });
    times.push(firstAcceptedAt - startedAt);
    await product.stop('SIGKILL');
  }
  print(
    `from the start of the process to the first accepted webhook: ${median(times).toFixed(0)} ms (${times.map((ms) => ms.toFixed(0)).join(', ')})`,
  );
  print();
}

async function measureMemory(): Promise<void> {
  await using product = await startProduct({
    env: { MALLOC_ARENA_MAX: '2', ...world.env },
    nodeArgs: imageArgs,
  });
  const pid = product.process.pid ?? 0;
  await pause(2_000);
  const idle = residentMb(pid);
  const samples: number[] = [];
  let children = 0;
  const sampling = setInterval(() => {
    samples.push(residentMb(pid));
    children = Math.max(children, residentOfChildren(pid));
  }, 100);
  const peaks: number[] = [];
  let firstPhone = 15_550_000_000;
  const startedAt = performance.now();
  for (let part = 0; part < parts; part += 1) {
    samples.length = 0;
    // As many people as an hour has: each comes back every few minutes.
    await world.crowd({ origin: product.url, turns: Math.ceil(turns / parts), atOnce: 20, firstPhone, refs });
    firstPhone = 15_550_000_000 + ((part * 97) % 400);
    peaks.push(median(samples));
  }
  clearInterval(sampling);
  const seconds = (performance.now() - startedAt) / 1000;
  await pause(5_000);
  const after = residentMb(pid);
  await product.stop('SIGKILL');

  const third = Math.floor(parts / 3);
  const [middle, late] = [median(peaks.slice(third, 2 * third)), median(peaks.slice(-third))];
  printTable(
    [`resident memory of the main process, ${turns} turns in ${seconds.toFixed(0)} s`, 'MB'],
    [
      ['idle', idle.toFixed(0)],
      ['under load, second third', middle.toFixed(0)],
      ['under load, last third', late.toFixed(0)],
      ['five seconds after the load', after.toFixed(0)],
      ['its file readers together, at most', children.toFixed(0)],
    ],
  );
  print(`each twelfth of the load: ${peaks.map((mb) => mb.toFixed(0)).join(', ')} MB`);
  const growth = late / middle;
  printGoal('last third against the second', growth.toFixed(2), 'at most 1.1', growth <= 1.1);
}

/** Resident memory of a process in MB; 0 when it is gone. */
function residentMb(pid: number): number {
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

function residentOfChildren(pid: number): number {
  const own = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && parentOf(name) === pid);
  return own.reduce((sum, name) => sum + residentMb(Number(name)), 0);
}

function parentOf(pid: string): number {
  try {
    return Number(/PPid:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
  } catch {
    return 0;
  }
}
