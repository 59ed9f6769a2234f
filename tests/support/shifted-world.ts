import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openWorld, type World, type WorldOptions } from './world.ts';

/** A world whose clock can be moved while it runs. */
export interface ShiftedWorld extends AsyncDisposable {
  readonly world: World;
  /** From now on its clock is so many milliseconds ahead. */
  shift(ms: number): Promise<void>;
}

/** Opens a world with a clock of its own. */
export async function openShiftedWorld(
  env: Record<string, string>,
  options: WorldOptions = {},
): Promise<ShiftedWorld> {
  const folder = await mkdtemp(join(tmpdir(), 'clock-'));
  const file = join(folder, 'offset-ms');
  await writeFile(file, '0');
  const clock = new URL('./shifted-clock.ts', import.meta.url);
  clock.searchParams.set('file', file);
  const world = await openWorld(env, { ...options, nodeArgs: ['--import', clock.href] });
  return {
    world,
    shift: (ms) => writeFile(file, String(ms)),
    async [Symbol.asyncDispose]() {
      await world[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    },
  };
}
