import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createUnitOfWork } from '#src/adapters/store/unit-of-work.ts';
import { createLive } from '#src/adapters/system/live.ts';
import { newUuid } from '#src/adapters/system/new-id.ts';
import { createMemoryRateLimiter } from '#src/adapters/system/rate-limiter.ts';
import type { BotRules } from '#src/bot/deps.ts';
import { storeArrivals } from '#src/bot/store-arrivals.ts';
import type { InboundMessage } from '#src/domain/message.ts';
import type { LiveEvent } from '#src/ports/live.ts';
import type { UnitOfWork } from '#src/ports/stores.ts';
import { engines, openTestDatabase } from '#tests/support/engines.ts';
import { metaText, phone } from '#tests/support/identities.ts';
import { createQuietLog } from '#tests/support/quiet-log.ts';
import { createQuietMetrics } from '#tests/support/quiet-metrics.ts';
import { createTestClock } from '#tests/support/test-clock.ts';

const ana = [phone('+15550001111')];
const taps = (text: string, payload = text) =>
  metaText(ana, text, { type: 'button', button: { text, payload } });

describe.each(engines)('a button against promotions on %s', (engine) => {
  let database: Awaited<ReturnType<typeof openTestDatabase>>;
  let work: UnitOfWork;
  let announced: LiveEvent['kind'][];
  let isWelcome: boolean;
  let hear: (...messages: InboundMessage[]) => Promise<void>;
  let clock: ReturnType<typeof createTestClock>;

  beforeEach(async () => {
    database = await openTestDatabase(engine);
    clock = createTestClock();
    work = createUnitOfWork({ db: database.db, clock, newId: newUuid });
    [announced, isWelcome] = [[], true];
    const live = createLive({ log: createQuietLog() });
    live.subscribe(({ kind }) => announced.push(kind));
    const deps: Parameters<typeof storeArrivals>[0] = {
      unitOfWork: work,
      clock,
      live,
      rules: { isWelcome: () => isWelcome, replyDelayMs: 0 } as unknown as BotRules,
      limiter: createMemoryRateLimiter({ messages: 1000, windowSeconds: 60, clock }),
      metrics: createQuietMetrics(),
      jobs: { poke: () => {} },
    };
    hear = (...messages) => storeArrivals(deps, messages);
  });
  afterEach(() => database[Symbol.asyncDispose]());

  const person = () =>
    database.db
      .selectFrom('users')
      .select(['id', 'opted_out_at', 'marketing_opted_out_at'])
      .executeTakeFirstOrThrow();
  const said = async () =>
    (await database.db.selectFrom('outbound_parts').select('text').orderBy('id').execute()).map(
      (row) => row.text,
    );
  const log = () =>
    database.db
      .selectFrom('consents')
      .select(['type', 'action', 'source', 'channel', 'message_id'])
      .orderBy('id')
      .execute();
  const messages = () =>
    database.db
      .selectFrom('messages')
      .select(['id', 'verdict', 'is_processed'])
      .where('direction', '=', 'inbound')
      .orderBy('id')
      .execute();

  it('ends them and nothing else, and is no question', async () => {
    await hear(taps('Stop promotions'));
    const { opted_out_at, marketing_opted_out_at } = await person();
    expect(opted_out_at).toBeNull();
    expect(marketing_opted_out_at).not.toBeNull();
    expect(await said()).toEqual([expect.stringContaining('no more promotions')]);
    const [message] = await messages();
    expect(message).toMatchObject({ verdict: 'allowed', is_processed: 1 });
    const facts = { type: 'marketing', action: 'revoked', source: 'message', channel: 'meta' };
    expect(await log()).toEqual([{ ...facts, message_id: message?.id }]);
    expect(announced).toEqual(['changed']);
  });

  it('is confirmed in its language, once a while, and noted once', async () => {
    await hear(taps('Parar promoções'), taps('Parar promoções'));
    await hear(taps('Parar promoções', 'anything'));
    expect(await said()).toEqual([expect.stringContaining('promoções')]);
    expect(await log()).toHaveLength(1);
    expect((await messages()).filter(({ is_processed }) => is_processed === 0)).toEqual([]);
  });

  it('is confirmed also when WhatsApp has told of it before', async () => {
    await hear(metaText(ana, 'hello'));
    await work.run((stores) =>
      stores.consents.prefer([{ channel: 'meta', person: ana, wants: false, at: clock.now() }]),
    );
    await hear(taps('Stop promotions'));
    expect(await said()).toHaveLength(1);
    expect(await log()).toHaveLength(1);
  });

  it.each(['queued', 'held'] as const)('ends promotions that are %s, and nothing else', async (state) => {
    await hear(metaText(ana, 'hello'));
    const { id: userId } = await person();
    const place = { userId, channel: 'meta' as const, replyAddress: '15550001111', ownAddress: 'bot' };
    const use = (name: string) => ({ template: { name, language: 'en', values: {} } });
    const template = {
      channel: 'meta' as const,
      language: 'en',
      state: 'approved',
      body: 'x',
      components: '[]',
    };
    await database.db
      .insertInto('templates')
      .values(
        ['marketing', 'utility'].map((category) => ({
          ...template,
          name: category,
          title: category,
          category,
          reason: null,
          quality: null,
          placeholders: '[[],[]]',
          updated_at: clock.now().toISOString(),
        })),
      )
      .execute();
    await work.run(async ({ outbox }) => {
      for (const extras of [use('marketing'), use('utility'), {}])
        await outbox.queueNotice(place, ['waiting'], { extras });
    });
    await database.db.updateTable('outbound_parts').set({ state }).execute();
    await hear(taps('Stop promotions'));
    const parts = await database.db
      .selectFrom('outbound_parts')
      .select(['state', 'error_code'])
      .where('text', '=', 'waiting')
      .orderBy('id')
      .execute();
    // What was held follows, as they have written.
    const untouched = { state: 'queued', error_code: null };
    expect(parts).toEqual([{ state: 'failed', error_code: 'opted_out' }, untouched, untouched]);
  });

  it('is heard from a stranger, whom nobody answers otherwise', async () => {
    isWelcome = false;
    await hear(taps('Interrompi promozioni'));
    expect((await person()).marketing_opted_out_at).not.toBeNull();
    expect(await said()).toEqual([expect.stringContaining('promozioni')]);
    expect(await messages()).toMatchObject([{ verdict: 'not_whitelisted', is_processed: 1 }]);
  });

  it('is noted and not answered after STOP; START brings both back', async () => {
    await hear(metaText(ana, 'STOP'));
    await hear(taps('Stop promotions'));
    expect((await person()).marketing_opted_out_at).not.toBeNull();
    expect(await said()).toHaveLength(1);
    expect(announced).toEqual(['stopped', 'changed', 'changed']);
    await hear(metaText(ana, 'START'));
    expect(await person()).toMatchObject({ opted_out_at: null, marketing_opted_out_at: null });
  });
});
