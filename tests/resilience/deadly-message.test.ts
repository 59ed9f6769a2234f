import SQLite from 'better-sqlite3';
import { expect, it } from 'vitest';
import { wording } from '#src/bot/wording.ts';
import { waitFor } from '#tests/support/wait-for.ts';
import { openWorld } from '#tests/support/world.ts';

it('a message under which process after process ends is given up with a word, and the next one is answered', async () => {
  await using world = await openWorld();
  const ana = world.person('+491700000001');
  world.openai.answers(() => new Promise(() => {}));
  await ana.says('the deadly one');
  await waitFor('the model to be asked', () => JSON.stringify(world.openai.calls).includes('the deadly one'));
  // Forty processes have died over it already.
  const database = new SQLite(`${world.product().folder}/bot.db`);
  database.exec(`update turns set repeats = 40 where state = 'open'`);
  database.close();
  const asked = world.openai.calls.length;
  await world.restart('SIGKILL');
  expect(await ana.hears()).toBe(wording.unexpected);
  expect(world.openai.calls).toHaveLength(asked);

  world.openai.answers(() => 'Fine.');
  await ana.says('an ordinary one');
  expect(await ana.hears()).toBe('Fine.');
});
