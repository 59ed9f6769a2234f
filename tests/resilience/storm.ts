import { setTimeout as pause } from 'node:timers/promises';
import { waitFor } from '#tests/support/wait-for.ts';
import type { World } from '#tests/support/world.ts';
import { unanswered } from './crowd.ts';
import type { Dice } from './dice.ts';
import type { Kill } from './ledger-of-calls.ts';
import type { CrowdMessage } from './messages-of-a-crowd.ts';

/** How a storm blows. */
export interface StormOptions {
  readonly processes: number;
  /** How long a process may live before the next kill, shortest and longest, in milliseconds. */
  readonly lifeMs: readonly [number, number];
  /** Whether there was enough of it. */
  readonly isOver: (kills: readonly Kill[]) => boolean;
}

/** Kills processes with SIGKILL at random moments and starts them again, each on its own; all of them live at the end. */
export async function blow(world: World, dice: Dice, options: StormOptions): Promise<Kill[]> {
  const kills: Kill[] = [];
  async function blowOn(index: number): Promise<void> {
    while (!options.isOver(kills)) {
      await pause(dice.between(...options.lifeMs));
      kills.push({ index, at: Date.now() });
      await world.end(index, 'SIGKILL');
      await world.begin(index);
    }
  }
  await Promise.all(Array.from({ length: options.processes }, (_, index) => blowOn(index)));
  return kills;
}

/** Resolves once all of these are answered and the queue is empty. @throws after `timeoutMs`, saying what is left */
export async function calm(
  world: World,
  accepted: readonly CrowdMessage[],
  timeoutMs: number,
): Promise<void> {
  const end = Date.now() + timeoutMs;
  while (unanswered(world, accepted) > 0) {
    if (Date.now() > end) {
      const left = `${unanswered(world, accepted)} of ${accepted.length} messages have no answer`;
      throw new Error(`${left} after ${timeoutMs} ms; the queue: ${JSON.stringify(await queueOf(world))}`);
    }
    await pause(20);
  }
  await waitFor('an empty queue', async () => {
    const { waiting, running } = (await queueOf(world)) ?? {};
    return waiting === 0 && running === 0;
  });
}

/** What the product says of its queue. */
export async function queueOf(
  world: World,
): Promise<{ waiting: number; running: number; failed: number } | null> {
  const response = await fetch(`${world.product().url}/health`);
  const { queue } = (await response.json()) as {
    queue: { waiting: number; running: number; failed: number } | null;
  };
  return queue;
}
