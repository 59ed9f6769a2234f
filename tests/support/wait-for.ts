import { setTimeout as pause } from 'node:timers/promises';

/**
 * Asks again and again until the answer is something.
 * @throws with `what` in the message after `timeoutMs`
 */
export async function waitFor<T>(
  what: string,
  ask: () => T | undefined | null | false | Promise<T | undefined | null | false>,
  timeoutMs = 15_000,
): Promise<T> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > end) throw new Error(`waited ${timeoutMs} ms in vain for ${what}`);
    await pause(15);
  }
}
