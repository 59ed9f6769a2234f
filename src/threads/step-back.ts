import { getPriority, setPriority } from 'node:os';

/**
 * Lets the main thread go first from now on where both want a processor; to be called by a thread about itself. On Linux priorities are
 * the threads' own (setpriority(2), "nice value is per-thread"); elsewhere they are the whole process's, and nothing is done.
 * @param nice how much further back, 1 to 19: at 5 the main thread gets three times as much, at 10 nine times
 */
export function stepBack(nice: number): void {
  if (process.platform !== 'linux') return;
  try {
    setPriority(0, Math.min(19, getPriority(0) + nice));
  } catch {
    // Where that is forbidden the thread does its work all the same.
  }
}
