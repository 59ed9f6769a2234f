import { expect, it } from 'vitest';
import { createChannelStates } from '#src/adapters/store/channel-states.ts';
import { openDatabase } from '#src/adapters/store/open-database.ts';
import { openSharedHealth } from '#src/bot/shared-health.ts';
import { openTestDatabase } from '#tests/support/engines.ts';
import { createQuietLog } from '#tests/support/quiet-log.ts';
import { createTestClock } from '#tests/support/test-clock.ts';
import { waitFor } from '#tests/support/wait-for.ts';
import { startServer } from './server-under-test.ts';

it('/health of a web process shows what a worker found out, also while the database is away', async () => {
  await using stack = new AsyncDisposableStack();
  const clock = createTestClock();
  const database = stack.use(await openTestDatabase('postgres'));
  const openProcess = async () => {
    const { db } = stack.use(await openDatabase(database.target, { log: createQuietLog() }));
    return stack.use(
      await openSharedHealth({
        channels: ['twilio', 'meta'],
        states: createChannelStates({
          db,
          fingerprints: new Map([
            ['twilio', 'as twilio is set'],
            ['meta', 'as meta is set'],
          ]),
        }),
        hasOthers: true,
        clock,
        log: createQuietLog(),
        everyMs: 20,
      }),
    );
  };
  const [web, worker] = [await openProcess(), await openProcess()];
  const server = stack.use(
    await startServer({
      env: { ROLE: 'web', DATABASE_URL: 'postgres://bot:p@localhost:5432/bot' },
      deps: { health: async () => ({ database: true, queue: null, channels: web.states() }) },
    }),
  );
  const seen = async () => (await server.app.inject('/health')).json();
  expect(await seen()).toMatchObject({ status: 'ok' });

  const since = clock.now().toISOString();
  worker.stopped('meta', { code: '190', words: 'the access token has expired' }, 'call');
  worker.alert('twilio', { code: 'no_nudge_template', words: 'NUDGE_TEMPLATE is not set' });
  const expected = {
    status: 'degraded',
    channels: [
      {
        name: 'twilio',
        state: 'working',
        code: null,
        reason: null,
        since: null,
        tried_again_at: null,
        alerts: [{ code: 'no_nudge_template', reason: 'NUDGE_TEMPLATE is not set', since }],
      },
      {
        name: 'meta',
        state: 'stopped',
        code: '190',
        reason: 'the access token has expired',
        since,
        tried_again_at: new Date(clock.now().getTime() + 30_000).toISOString(),
        alerts: [],
      },
    ],
  };
  const hasBoth = ({ channels }: typeof expected) =>
    channels[0]?.alerts.length === 1 && channels[1]?.state === 'stopped';
  await waitFor('the web process to show both', async () => hasBoth(await seen()));
  expect(await seen()).toMatchObject(expected);

  await database.db.schema.alterTable('channel_stops').renameTo('away').execute();
  expect(await seen()).toMatchObject(expected);
  worker.works('meta', 'call');
  await database.db.schema.alterTable('away').renameTo('channel_stops').execute();
  await waitFor(
    'the web process to show its end',
    async () => (await seen()).channels[1].state === 'working',
  );
});
