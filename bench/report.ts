import { availableParallelism, cpus } from 'node:os';

/** Writes a line of the result. */
export function print(line = ''): void {
  process.stdout.write(`${line}\n`);
}

/** What a result is worth nothing without: processor, cores, Node. */
export function printMachine(): void {
  print(`${cpus()[0]?.model.trim()}, ${availableParallelism()} cores, Node ${process.version}`);
  print();
}

/** A Markdown table; columns after the first are numbers. */
export function printTable(head: readonly string[], rows: readonly (readonly string[])[]): void {
  print(`| ${head.join(' | ')} |`);
  print(`| ${head.map((_, index) => (index === 0 ? '---' : '---:')).join(' | ')} |`);
  for (const row of rows) print(`| ${row.join(' | ')} |`);
  print();
}

/** Says whether a goal is met; never fails the program, since a machine may be busy. */
export function printGoal(what: string, value: string, goal: string, isMet: boolean): void {
  print(`${what}: ${value} (goal: ${goal}) ${isMet ? 'met' : 'NOT met'}`);
}

/** The value below which this share of the numbers lies; NaN for none. */
export function quantile(numbers: readonly number[], share: number): number {
  const sorted = numbers.toSorted((one, other) => one - other);
  return sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN;
}

/** The middle one. */
export function median(numbers: readonly number[]): number {
  return quantile(numbers, 0.5);
}
