import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, inject, it } from 'vitest';
import { wording } from '#src/bot/wording.ts';
import { type Engine, engines } from '#tests/support/engines.ts';
import { createDatabase } from '#tests/support/postgres-server.ts';
import { waitFor } from '#tests/support/wait-for.ts';
import { openWorld } from '#tests/support/world.ts';
import { becomeOne, createWriting, issueCodes, meet, unlikeOnce } from './becoming-one.ts';
import { createDice } from './dice.ts';
import { halfMerged, idOfPhone, mergedOf, readBeside } from './ledger-of-people.ts';
import { createMessageMaker } from './messages-of-a-crowd.ts';
import { calm, queueOf } from './storm.ts';

/*
 * Two accounts turn out to be one person, by a code or by a message that proves both, while they write and the process dies: after
 * each end they are two or one and nothing between, and everything either of them wrote is answered once.
 */

/** RESILIENCE_SEED repeats the moments of an earlier run. */
const seed = Number(process.env.RESILIENCE_SEED ?? Math.floor(Math.random() * 1_000_000));
const pairsAtOnce = 6;

describe.each(engines)('kill -9 while people become one on %s', { timeout: 120_000 }, (engine) => {
  // What a dead process held is taken over some fifteen seconds later on Postgres.
  const kills = engine === 'postgres' ? 2 : 4;
  it(`leaves nobody half merged, and nothing unanswered (seed ${seed})`, async () => {
    const dice = createDice(seed);
    await using place = await openPlace(engine);
    const env = { ...place.env, RATE_LIMIT_MESSAGES: '1000', REPLY_DELAY_MS: '30' };
    await using world = await openWorld(env);
    const maker = createMessageMaker({ ...world, latencyMs: () => dice.between(10, 150) });
    // Some parts are still on their way when their person turns out to be another one.
    world.twilio.sendsFail(() => (dice.roll() < 0.15 ? 'drop-after' : 'ok'));
    const writing = createWriting(world, dice, maker);
    await using db = readBeside(engine, place.database);
    const idOf = (phone: string) => idOfPhone(db, phone);
    const pairs = await meet(world, writing, { count: kills * pairsAtOnce, idOf });
    const codes = await issueCodes(world, pairs);

    let before = 0;
    for (let kill = 0; kill < kills; kill += 1) {
      const current = pairs.slice(kill * pairsAtOnce, (kill + 1) * pairsAtOnce);
      const over = Promise.all(
        current.map((pair) => becomeOne(pair, { writing, dice, code: codes.get(pair.old.id) })),
      );
      const some = dice.between(1, pairsAtOnce - 1);
      await waitFor(`${some} merges`, async () => (await mergedOf(db, current)) >= some);
      await pause(dice.between(0, 20));
      await world.end(0, 'SIGKILL');
      expect(await halfMerged(db, pairs)).toEqual([]);
      before += await mergedOf(db, current);
      await world.begin(0);
      await over;
    }
    await calm(world, writing.accepted, 40_000);

    process.stdout.write(
      `${engine}: ${kills} kills, ${writing.accepted.length} messages, ${before} of ${pairs.length} merges before the kill\n`,
    );
    expect(await halfMerged(db, pairs, true)).toEqual([]);
    expect(unlikeOnce(world, pairs, writing.accepted)).toEqual([]);
    const told = world.twilio.sent.filter(({ body }) => body === wording.linked).map(({ to }) => to);
    const linked = pairs.filter(({ kind }) => kind === 'link').map(({ fresh }) => `whatsapp:${fresh.phone}`);
    expect(told.sort()).toEqual(linked.sort());
    expect(world.twilio.duplicates).toBe(0);
    expect(world.twilio.problems).toEqual([]);
    expect(world.openai.problems).toEqual([]);
    expect(await queueOf(world)).toMatchObject({ failed: 0 });
  });
});

/** A database whose place is known, so that it can be read beside the product. */
async function openPlace(
  engine: Engine,
): Promise<{ database: string; env: Record<string, string> } & AsyncDisposable> {
  await using opening = new AsyncDisposableStack();
  const folder = opening.adopt(await mkdtemp(join(tmpdir(), 'merge-')), (path) =>
    rm(path, { recursive: true }),
  );
  const made = engine === 'postgres' ? opening.use(await createDatabase(inject('postgresUrl'))) : undefined;
  const file = join(folder, 'bot.db');
  const closing = opening.move();
  return {
    database: made?.url ?? file,
    env: { DATABASE_URL: made?.url ?? `sqlite:///${file}`, DATA_DIR: folder },
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}
