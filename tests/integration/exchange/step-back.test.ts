import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';

/* Priorities are the system's, so they are asked for in a process of its own. */

const script = `
  import { getPriority } from 'node:os';
  import { stepBack } from ${JSON.stringify(new URL('../../../src/threads/step-back.ts', import.meta.url).href)};
  const before = getPriority(0);
  stepBack(5);
  console.log(getPriority(0) - before);
`;

it.runIf(process.platform === 'linux').each([
  [0, 5],
  [10, 5],
  [17, 2],
])('a thread of a process at nice %i steps back by %i', (nice, expected) => {
  const args = ['-n', String(nice), process.execPath, '--input-type=module', '-e', script];
  expect(Number(execFileSync('nice', args, { encoding: 'utf8' }))).toBe(expected);
});
