import { dirname, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { pino } from 'pino';
import { readCopyPlan } from '#config/copy-plan.ts';
import { copyDatabase, type TableReport } from './adapters/store/copy-database.ts';
import { type ProgramWords, startProblems } from './start-problem.ts';

const usage =
  'Usage: npm run migrate:postgres -- --from sqlite:///./data/whatsapp_bot.db --to postgres://user:password@host:5432/name\n';

/** Until the plan says where the addresses came from. */
let words: ProgramWords = {
  file: '--from',
  postgres: '--to',
  alreadyRunning: 'The bot, or another copy, is running on the SQLite file. Stop it first, and copy again.',
};

/** Copies the SQLite database into Postgres, compares them and says what came of it; docs/running-on-postgres.md is its manual. */
async function main(): Promise<void> {
  const { values } = parseArgs({ options: { from: { type: 'string' }, to: { type: 'string' } } });
  const { from, to, names } = readCopyPlan(values, process.env);
  words = { ...words, file: names.from, postgres: names.to };
  const log = pino({ level: 'warn', base: null }, pino.destination(2));
  const reports = await copyDatabase(from, to, {
    log,
    onTable: (table, rows) => void process.stderr.write(`${table}: ${rows} rows are over\n`),
  });
  process.stdout.write(asTable(reports));
  const differing = reports.filter(({ isSame }) => !isSame).map(({ table }) => table);
  if (differing.length > 0) {
    process.stdout.write(
      `These tables differ: ${differing.join(', ')}. Do not start the bot on Postgres; empty that database and copy again.\n`,
    );
    process.exitCode = 1;
    return;
  }
  process.stdout.write('Both databases hold the same. The SQLite file was only read: keep it as a backup.\n');
  // The files people sent stay where they are; with Postgres nothing else says where that is.
  const folder = dirname(resolve(from.file));
  if (folder !== resolve('data')) process.stdout.write(`Set DATA_DIR=${folder}: the files are there.\n`);
}

function asTable(reports: readonly TableReport[]): string {
  const lines = [
    ['table', 'SQLite', 'Postgres', 'text bytes', ''],
    ...reports.map(({ table, source, target, isSame }) => [
      table,
      String(source.rows),
      String(target.rows),
      String(target.textBytes),
      isSame ? 'same' : 'DIFFERS',
    ]),
  ];
  const widths = [0, 1, 2, 3, 4].map((at) => Math.max(...lines.map((line) => (line[at] ?? '').length)));
  return lines
    .map((line) =>
      line.map((cell, at) => (at % 4 === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))),
    )
    .map((cells) => `${cells.join('  ').trimEnd()}\n`)
    .join('');
}

try {
  await main();
} catch (error) {
  const isUsage = String((error as { code?: unknown }).code).startsWith('ERR_PARSE_ARGS');
  const problems = isUsage ? [] : startProblems(error, words);
  if (!problems) throw error;
  process.stderr.write(isUsage ? usage : 'Cannot copy. Please correct this and copy again:\n');
  for (const problem of problems) process.stderr.write(`- ${problem}\n`);
  process.exitCode = 1;
}
