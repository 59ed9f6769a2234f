import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createChannelStates } from '#src/adapters/store/channel-states.ts';
import { openDatabase } from '#src/adapters/store/open-database.ts';
import type { ChannelHealth } from '#src/bot/channel-health.ts';
import { openSharedHealth } from '#src/bot/shared-health.ts';
import { engines, openTestDatabase } from '#tests/support/engines.ts';
import { createQuietLog } from '#tests/support/quiet-log.ts';
import { createTestClock } from '#tests/support/test-clock.ts';
import { waitFor } from '#tests/support/wait-for.ts';

const expired = { code: '190', words: 'the access token has expired' };
const unpaid = { code: '131042', words: 'there is a problem with paying' };
const noTemplate = { code: 'no_nudge_template', words: 'NUDGE_TEMPLATE is not set' };
const hourMs = 3_600_000;

let database: Awaited<ReturnType<typeof openTestDatabase>>;
let clock: ReturnType<typeof createTestClock>;
let log: ReturnType<typeof createQuietLog>;
/** How often a process has asked the database. */
let exchanges: number;
beforeEach(() => {
  clock = createTestClock();
  log = createQuietLog();
  exchanges = 0;
});
afterEach(() => database[Symbol.asyncDispose]());

/** The health of a process whose channels have the settings that are named. */
function openHealth({ settings = 'first', everyMs = 15, db = database.db } = {}) {
  const states = createChannelStates({
    db,
    fingerprints: new Map([
      ['twilio', `twilio ${settings}`],
      ['meta', `meta ${settings}`],
    ]),
  });
  return openSharedHealth({
    channels: ['twilio', 'meta'],
    states: {
      exchange: (news) => {
        exchanges += 1;
        return states.exchange(news);
      },
    },
    hasOthers: database.engine === 'postgres',
    clock,
    log,
    everyMs,
  });
}
const restMs = (health: ChannelHealth) => (health.restsUntil('meta')?.getTime() ?? 0) - clock.now().getTime();
const storedStops = () => database.db.selectFrom('channel_stops').selectAll().execute();
const isStored = () => waitFor('the stop to be stored', async () => (await storedStops()).length > 0);

describe.each(engines)('a channel that has stopped, on %s', (engine) => {
  beforeEach(async () => {
    database = await openTestDatabase(engine);
  });

  it('rests on after a restart until its next try', async () => {
    const since = clock.now();
    {
      await using health = await openHealth();
      health.stopped('meta', expired, 'call');
    }
    clock.advance(10_000);
    {
      await using health = await openHealth();
      expect(restMs(health)).toBe(20_000);
      const triedAgainAt = new Date(since.getTime() + 30_000);
      expect(health.states()).toEqual([
        { name: 'twilio', state: 'working' },
        { name: 'meta', state: 'stopped', stop: { since, ...expired, triedAgainAt } },
      ]);
      clock.advance(20_000);
      expect(health.restsUntil('meta')).toBeUndefined();
      health.stopped('meta', expired, 'call');
      expect(restMs(health)).toBe(60_000);
    }
    {
      await using health = await openHealth();
      expect(restMs(health)).toBe(60_000);
      clock.advance(60_000);
      health.restsUntil('meta');
      health.works('meta', 'call');
    }
    await using health = await openHealth();
    expect(health.isStopped('meta')).toBe(false);
    expect(await storedStops()).toEqual([]);
    // The alarm went off once.
    expect(log.lines.map(({ level }) => level)).toEqual(['error', 'warn', 'warn', 'info']);
  });

  it('is tried at once with other settings, and rests on with the old ones', async () => {
    {
      await using health = await openHealth();
      health.stopped('meta', expired, 'call');
    }
    {
      await using health = await openHealth({ settings: 'a new token' });
      expect(health.isStopped('meta')).toBe(false);
      expect(health.restsUntil('meta')).toBeUndefined();
      health.works('meta', 'call');
    }
    await using health = await openHealth();
    expect(health.isStopped('meta')).toBe(true);
  });

  it('is forgotten when nobody has had its settings for a day', async () => {
    {
      await using health = await openHealth();
      health.stopped('meta', expired, 'call');
    }
    clock.advance(25 * hourMs);
    await using health = await openHealth({ settings: 'a new token' });
    health.stopped('twilio', unpaid, 'call');
    await waitFor('the new one', async () => (await storedStops()).some(({ code }) => code === unpaid.code));
    expect(await storedStops()).toHaveLength(1);
  });

  it('is stored when that changes, and not with every message', async () => {
    await using health = await openHealth({ everyMs: hourMs });
    health.stopped('meta', expired, 'call');
    await isStored();
    for (let time = 0; time < 10; time += 1) {
      health.stopped('meta', expired, 'call');
      health.works('twilio', 'call');
      health.restsUntil('meta');
      health.alert('twilio', noTemplate);
    }
    await waitFor('the alert', async () =>
      database.db.selectFrom('channel_alerts').selectAll().executeTakeFirst(),
    );
    // One at the start, one for the stop, one for the alert.
    expect(exchanges).toBe(3);
  });

  it('keeps nobody waiting while nothing can be stored, and is stored when that is over', async () => {
    await using health = await openHealth();
    await database.db.schema.alterTable('channel_stops').renameTo('away').execute();
    const before = exchanges;
    health.stopped('meta', expired, 'call');
    health.alert('meta', noTemplate);
    await waitFor('some attempts', () => exchanges > before + 3);
    expect(health.states()[1]).toMatchObject({ state: 'stopped', alerts: [noTemplate] });
    await database.db.schema.alterTable('away').renameTo('channel_stops').execute();
    await isStored();
    expect(health.isStopped('meta')).toBe(true);
    expect(log.lines.filter(({ message }) => message.includes('could not be stored'))).toHaveLength(1);
  });

  it('has alerts that outlast a restart, are told once, and are over a day after they were noticed last', async () => {
    const since = clock.now();
    {
      await using health = await openHealth();
      health.alert('twilio', noTemplate);
      clock.advance(20 * hourMs);
      health.alert('twilio', noTemplate);
    }
    clock.advance(10 * hourMs);
    await using health = await openHealth();
    health.alert('twilio', noTemplate);
    expect(health.states()[0]).toEqual({
      name: 'twilio',
      state: 'working',
      alerts: [{ ...noTemplate, since }],
    });
    expect(log.lines).toHaveLength(1);
    clock.advance(25 * hourMs);
    expect(health.states()[0]).toEqual({ name: 'twilio', state: 'working' });
    health.alert('twilio', noTemplate);
    expect(health.states()[0]).toMatchObject({ alerts: [{ since: clock.now() }] });
    health.over('twilio', [noTemplate.code]);
    await health[Symbol.asyncDispose]();
    expect(await database.db.selectFrom('channel_alerts').selectAll().execute()).toEqual([]);
  });
});

describe('processes on one Postgres database', () => {
  let stack: AsyncDisposableStack;
  let web: ChannelHealth;
  let worker: ChannelHealth;
  const openProcess = async (settings?: string) => {
    const own = stack.use(await openDatabase(database.target, { log }));
    return stack.use(await openHealth({ db: own.db, ...(settings && { settings }) }));
  };
  beforeEach(async () => {
    database = await openTestDatabase('postgres');
    stack = new AsyncDisposableStack();
    web = await openProcess();
    worker = await openProcess();
  });
  afterEach(() => stack.disposeAsync());
  const someLooks = async () => {
    const before = exchanges;
    await waitFor('some looks', () => exchanges > before + 6);
  };

  it('learn from each other that a channel has stopped, and that it works again', async () => {
    worker.stopped('meta', expired, 'call');
    await waitFor('the web process to know', () => web.isStopped('meta'));
    expect(web.states()).toEqual(worker.states());
    expect(restMs(web)).toBe(30_000);
    clock.advance(30_000);
    web.restsUntil('meta');
    web.works('meta', 'call');
    await waitFor('the worker to know', () => !worker.isStopped('meta'));
    await someLooks();
    expect(web.isStopped('meta')).toBe(false);
    expect(log.lines.filter(({ level }) => level === 'error')).toHaveLength(1);
  });

  it('rest when a report told one of them, until a report tells one that it works', async () => {
    web.stopped('meta', unpaid, 'report');
    await waitFor('the worker to rest', () => worker.isStopped('meta'));
    worker.works('meta', 'call');
    await someLooks();
    expect([web.isStopped('meta'), worker.isStopped('meta')]).toEqual([true, true]);
    web.works('meta', 'report');
    await waitFor('the worker to go on', () => !worker.isStopped('meta'));
  });

  it('rest together when one of them has tried in vain', async () => {
    worker.stopped('meta', expired, 'call');
    await waitFor('the other to rest', () => web.isStopped('meta'));
    clock.advance(30_000);
    worker.restsUntil('meta');
    // What is stored is older than the trial, and does not end it.
    await someLooks();
    expect(restMs(worker)).toBe(20_000);
    worker.stopped('meta', expired, 'call');
    await waitFor('the other to rest on', () => restMs(web) === 60_000);
  });

  it('find the same out at the same time, and agree', async () => {
    worker.stopped('meta', expired, 'call');
    web.stopped('meta', unpaid, 'report');
    await waitFor('them to agree', async () => {
      await someLooks();
      return JSON.stringify(web.states()) === JSON.stringify(worker.states());
    });
    expect(await storedStops()).toHaveLength(1);
    // Either may have been the last to say why, and what the other found out may still have been on its way.
    await waitFor('both to go on', () => {
      for (const witness of ['call', 'report'] as const) web.works('meta', witness);
      return !worker.isStopped('meta') && !web.isStopped('meta');
    });
    await someLooks();
    expect([web.isStopped('meta'), worker.isStopped('meta')]).toEqual([false, false]);
  });

  it('do not stop one that has a new token already', async () => {
    const renewed = await openProcess('a new token');
    worker.stopped('meta', expired, 'call');
    await waitFor('the other to know', () => web.isStopped('meta'));
    await someLooks();
    expect(renewed.isStopped('meta')).toBe(false);
    renewed.works('meta', 'call');
    expect(worker.isStopped('meta')).toBe(true);
  });

  it('see the alerts of all', async () => {
    worker.alert('twilio', noTemplate);
    await waitFor('the alert', () => web.states()[0]?.alerts);
    expect(web.states()).toEqual(worker.states());
    worker.alert('twilio', unpaid);
    await waitFor('the other alert', () => web.states()[0]?.alerts?.length === 2);
    web.over('twilio', [noTemplate.code]);
    await waitFor('its end', () => worker.states()[0]?.alerts?.length === 1);
    expect(worker.states()[0]).toMatchObject({ alerts: [unpaid] });
    await someLooks();
    expect(web.states()).toEqual(worker.states());
  });
});
