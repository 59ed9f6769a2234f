import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, inject, it } from 'vitest';
import { wording } from '#src/bot/wording.ts';
import { type Engine, engines } from '#tests/support/engines.ts';
import { waitFor } from '#tests/support/wait-for.ts';
import { openWorld, type World } from '#tests/support/world.ts';
import { complaints, createCrowd, deliverUntilAccepted } from './crowd.ts';
import { createDice } from './dice.ts';
import { createMessageMaker } from './messages-of-a-crowd.ts';
import { calm } from './storm.ts';

/* Clocks that jump, and the half hour in which nobody was there. */

const minuteMs = 60_000;
const dice = createDice(1);

/** A world whose clock can be moved while it runs. */
async function openShiftedWorld(
  engine: Engine,
  env: Record<string, string>,
): Promise<{ world: World; shift(ms: number): Promise<void> } & AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), 'clock-'));
  const file = join(folder, 'offset-ms');
  await writeFile(file, '0');
  const clock = new URL('../support/shifted-clock.ts', import.meta.url);
  clock.searchParams.set('file', file);
  const world = await openWorld(
    { RATE_LIMIT_MESSAGES: '100000', ...env },
    {
      processes: engine === 'postgres' ? 2 : 1,
      postgresUrl: engine === 'postgres' ? inject('postgresUrl') : undefined,
      nodeArgs: ['--import', clock.href],
    },
  );
  return {
    world,
    shift: (ms) => writeFile(file, String(ms)),
    async [Symbol.asyncDispose]() {
      await world[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    },
  };
}

describe.each(engines)('time on %s', (engine) => {
  it.each([
    ['forward two hours and back', [120, 0]],
    ['back two hours and forward', [-120, 0]],
  ])('jumps %s: everybody is answered once', async (_way, jumps) => {
    // A long quiet moment: some wake-ups are due right after each jump.
    await using shifted = await openShiftedWorld(engine, { REPLY_DELAY_MS: '400' });
    const { world } = shifted;
    const maker = createMessageMaker({ ...world, latencyMs: () => dice.between(10, 200) });
    const crowd = createCrowd(world, dice, { maker, people: 10, pauseMs: [100, 900] });
    const enough = new AbortController();
    const writing = crowd.write(enough.signal);
    for (const minutes of jumps) {
      await pause(2_000);
      await shifted.shift(minutes * minuteMs);
    }
    await pause(1_000);
    enough.abort();
    await writing;
    await calm(world, crowd.accepted, 40_000);
    // Two processes order messages by the clock they share; one has an order of its own.
    expect(complaints(world, crowd.accepted, engine === 'sqlite')).toEqual([]);
    expect(world.openai.problems).toEqual([]);
    expect(world.twilio.problems).toEqual([]);
  });

  it('goes back two hours right after a message: its answer does not wait for the old time to come again', async () => {
    await using shifted = await openShiftedWorld(engine, { REPLY_DELAY_MS: '1000' });
    const { world } = shifted;
    const maker = createMessageMaker({ ...world, latencyMs: () => 10 });
    const message = await maker.make('+15555100001', 'text');
    await deliverUntilAccepted(world, dice, message.params);
    await shifted.shift(-120 * minuteMs);
    await calm(world, [message], 60_000);
    expect(complaints(world, [message])).toEqual([]);
  });

  it('a backlog of half an hour is answered, with a word about being late', async () => {
    await using shifted = await openShiftedWorld(engine, { REPLY_DELAY_MS: '50' });
    const { world } = shifted;
    const maker = createMessageMaker({ ...world, latencyMs: () => 10 });
    const people = Array.from({ length: 20 }, (_, index) => `+1555${5_000_000 + index}`);
    const messages = await Promise.all(
      people.flatMap((phone) => [maker.make(phone, 'text'), maker.make(phone, 'voice')]),
    );
    // Some turns have begun when the power fails, others have not even been looked at.
    world.openai.fails(() => ({ kind: 'silence' }));
    for (const message of messages) await deliverUntilAccepted(world, dice, message.params);
    await waitFor('the first turns', () => world.openai.calls.length > 5);
    await Promise.all(world.living().map((_product, index) => world.end(index, 'SIGKILL')));
    world.openai.fails(() => undefined);

    await shifted.shift(30 * minuteMs);
    await world.restart();
    await calm(world, messages, 60_000);
    expect(complaints(world, messages)).toEqual([]);
    for (const phone of people) expect(world.person(phone).heard[0]).toContain(wording.late);

    const [phone = ''] = people;
    const next = await maker.make(phone, 'text');
    await deliverUntilAccepted(world, dice, next.params);
    await calm(world, [next], 20_000);
    expect(world.person(phone).heard.at(-1)).not.toContain(wording.late);
  });
});
