import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const root = new URL('../..', import.meta.url).pathname;
const lines = readFileSync(join(root, 'docs/guarantees.md'), 'utf8').split('\n');
const proofs = lines.flatMap((line) => {
  const [, file, title] = /\| `(tests\/[^`]+)` › (.+?) \|$/.exec(line) ?? [];
  return file && title ? [[file, title] as const] : [];
});

it('every promise has a proof', () => {
  const promises = lines.filter((line) => line.startsWith('| ') && !/^\| (promise|---)/.test(line));
  expect(promises.length).toBeGreaterThan(20);
  expect(proofs).toHaveLength(promises.length);
});

it.each(proofs)('%s has the test "%s"', (file, title) => {
  expect(existsSync(join(root, file))).toBe(true);
  expect(readFileSync(join(root, file), 'utf8')).toContain(title);
});
