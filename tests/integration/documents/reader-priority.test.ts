import { readdirSync, readFileSync } from 'node:fs';
import { getPriority, platform } from 'node:os';
import { describe, expect, it } from 'vitest';
import { forkReaderChild } from '#src/adapters/documents/reader-child.ts';

describe.runIf(platform() === 'linux')('a process that reads files', () => {
  it('has the lowest priority with all its threads, from its start on', async () => {
    const before = children();
    const child = forkReaderChild({ warm: true });
    try {
      const pid = children().find((known) => !before.includes(known)) ?? '';
      expect(getPriority(Number(pid))).toBe(19);
      // Node starts its own threads before it runs a line of ours.
      const threads = () => readdirSync(`/proc/${pid}/task`).length;
      await expect.poll(threads, { timeout: 10_000 }).toBeGreaterThan(5);
      const priorities = readdirSync(`/proc/${pid}/task`).map((thread) => getPriority(Number(thread)));
      expect(new Set(priorities)).toEqual(new Set([19]));
    } finally {
      await child.kill();
    }
  });
});

/** Processes that this one started. */
function children(): string[] {
  return readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && parentOf(pid) === process.pid);
}

/** Field 4 of `stat`, counted behind the name, which may hold anything; undefined when the process is gone. */
function parentOf(pid: string): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return undefined;
  }
}
