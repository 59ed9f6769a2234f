import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createMetaChannel } from '#src/adapters/channels/meta/channel.ts';
import { createMetaTemplateCatalog } from '#src/adapters/channels/meta/template-catalog.ts';
import { createUnitOfWork } from '#src/adapters/store/unit-of-work.ts';
import { createLive } from '#src/adapters/system/live.ts';
import { newUuid } from '#src/adapters/system/new-id.ts';
import { createApplyEvents } from '#src/bot/apply-events.ts';
import { applyWishes } from '#src/bot/apply-wishes.ts';
import { createChannelHealth } from '#src/bot/channel-health.ts';
import { deliver } from '#src/bot/deliver.ts';
import type { BotRules } from '#src/bot/deps.ts';
import { nudgeUntold } from '#src/bot/nudge-untold.ts';
import { receive } from '#src/bot/receive.ts';
import { syncTemplates } from '#src/bot/sync-templates.ts';
import type { ChannelName } from '#src/domain/identity.ts';
import type { TemplateUse } from '#src/domain/outbound.ts';
import type { Channel } from '#src/ports/channel.ts';
import type { UnitOfWork } from '#src/ports/stores.ts';
import { engines, openTestDatabase } from '#tests/support/engines.ts';
import { exchange } from '#tests/support/exchange.ts';
import { inboundText } from '#tests/support/inbound.ts';
import { type MetaStandIn, openMetaStandIn } from '#tests/support/meta-stand-in.ts';
import { approvedTemplate, type MetaTemplate } from '#tests/support/meta-templates.ts';
import { metaAccountId } from '#tests/support/meta-webhook.ts';
import { readParts } from '#tests/support/part-in-flight.ts';
import { createQuietLog } from '#tests/support/quiet-log.ts';
import { createQuietMetrics } from '#tests/support/quiet-metrics.ts';
import { createTestClock } from '#tests/support/test-clock.ts';

const phone = '+15550001111';
const hourMs = 60 * 60_000;
const run = { signal: new AbortController().signal, attempt: 1, lastAttempt: false, crashes: 0 };

describe.each(engines)('a template that was to tell of what waits, and is refused, on %s', (engine) => {
  let database: Awaited<ReturnType<typeof openTestDatabase>>;
  let meta: MetaStandIn;
  let template: { -readonly [Key in keyof MetaTemplate]: MetaTemplate[Key] };
  let work: UnitOfWork;
  let clock: ReturnType<typeof createTestClock>;
  let health: ReturnType<typeof createChannelHealth>;
  let nudges: Map<ChannelName, TemplateUse>;
  let userId: string;

  const deps = () => {
    const log = createQuietLog();
    const channel = createMetaChannel({
      ...meta,
      baseUrl: meta.url,
      exchange,
      fetchFile: () => Promise.reject(new Error('no file is fetched here')),
      log,
    });
    return {
      unitOfWork: work,
      channels: new Map<ChannelName, Channel>([['meta', channel]]),
      channelHealth: health,
      clock,
      log,
      live: createLive({ log }),
      metrics: createQuietMetrics(),
      startedAt: new Date(0),
      rules: { appName: 'Bot', nudges } as unknown as BotRules,
      jobs: { poke: () => {} },
    };
  };

  beforeEach(async () => {
    database = await openTestDatabase(engine);
    meta = await openMetaStandIn();
    template = { ...approvedTemplate('update_waiting', 'You have an update.'), status: 'PAUSED' };
    meta.addTemplate(template);
    clock = createTestClock();
    health = createChannelHealth({ channels: ['meta'], clock, log: createQuietLog() });
    work = createUnitOfWork({ db: database.db, clock, newId: newUuid });
    nudges = new Map([['meta', { name: 'update_waiting', language: 'en_US', values: {} }]]);
    await writes('hello');
    await receive(deps(), userId);
    clock.advance(25 * hourMs);
  });
  afterEach(async () => {
    expect(meta.problems).toEqual([]);
    await database[Symbol.asyncDispose]();
    await meta[Symbol.asyncDispose]();
  });

  async function writes(text: string) {
    const message = inboundText(phone, text, { channel: 'meta', replyAddress: phone.slice(1) });
    await work.run(async (stores) => {
      const fresh = await stores.inbox.accept([message], () => true);
      userId = fresh[0]?.userId ?? userId;
      await applyWishes(stores, clock, fresh);
    });
  }
  async function serve() {
    let atHand = await receive(deps(), userId);
    for (let round = 0; atHand.parts.length > 0 && round < 5; round += 1)
      atHand = await deliver(deps(), userId, atHand, run);
  }
  async function held(text: string) {
    const to = { userId, channel: 'meta', replyAddress: phone.slice(1), ownAddress: '1' } as const;
    await work.run((stores) => stores.outbox.queueNotice(to, [text]));
    await serve();
  }
  async function sync() {
    const catalog = createMetaTemplateCatalog({
      ...meta,
      baseUrl: meta.url,
      businessAccountId: metaAccountId,
      exchange,
    });
    await syncTemplates({ ...deps(), catalogs: [catalog] }, run.signal);
    await nudgeUntold(deps(), run.signal);
    await serve();
  }
  const heard = () => meta.sent.map(({ type, text }) => (type === 'text' ? text : type));
  const alerts = () => health.states()[0]?.alerts ?? [];
  const report = (errorCode: string) =>
    createApplyEvents(deps())([
      {
        kind: 'delivery',
        report: {
          channel: 'meta',
          providerId: meta.sent[0]?.id ?? '',
          state: 'failed',
          errorCode,
          at: clock.now(),
        },
      },
    ]);

  it.each(['PAUSED', 'DISABLED', 'REJECTED'] as const)(
    'because it is %s: the owner learns why, and the next answer that is held tries again',
    async (status) => {
      template.status = status;
      await held('one');
      expect(heard()).toEqual([]);
      expect(alerts()).toMatchObject([
        { code: 'nudge_refused', words: expect.stringContaining('NUDGE_TEMPLATE was refused, the template') },
      ]);
      await held('two');
      expect([heard(), meta.attempts]).toEqual([[], 2]);

      template.status = 'APPROVED';
      await held('three');
      await held('four');
      expect(heard()).toEqual(['template']);
      clock.advance(1_000);
      await writes('what is it?');
      await serve();
      expect(heard().slice(1)).toEqual(['one', 'two', 'three', 'four']);
    },
  );

  it('is tried again once the list of templates says that it gets through, and goes out once', async () => {
    await held('one');
    await sync();
    expect(meta.attempts).toBe(1);
    template.status = 'APPROVED';
    await sync();
    await sync();
    await held('two');
    expect(heard()).toEqual(['template']);
    expect((await readParts(database.db)).filter(({ state }) => state === 'held')).toHaveLength(2);
  });

  it('goes out once there is one, where none was set when something was held', async () => {
    template.status = 'APPROVED';
    const set = nudges;
    nudges = new Map();
    await held('one');
    expect(alerts()).toMatchObject([{ code: 'no_nudge_template' }]);
    nudges = set;
    await sync();
    await held('two');
    expect(heard()).toEqual(['template']);
  });

  it.each(['132016', '131047'])(
    'in a report (%s) counts as well, and a late one about an earlier template does not',
    async (code) => {
      template.status = 'APPROVED';
      await held('one');
      clock.advance(1_000);
      await report(code);
      expect(alerts()).toMatchObject([{ code: 'nudge_refused' }]);
      await held('two');
      expect(heard()).toEqual(['template', 'template']);
      await report(code);
      await held('three');
      expect(heard()).toHaveLength(2);
    },
  );

  it('is not tried again because of one person alone', async () => {
    template.status = 'APPROVED';
    await held('one');
    clock.advance(1_000);
    await report('131026');
    await held('two');
    await sync();
    expect(heard()).toEqual(['template']);
    expect(alerts()).toEqual([]);
  });

  it('is not tried for people who have written or want nothing', async () => {
    await held('one');
    template.status = 'APPROVED';
    clock.advance(1_000);
    await writes('hi');
    await nudgeUntold(deps(), run.signal);
    await serve();
    expect(heard()).toEqual(['one']);

    template.status = 'PAUSED';
    clock.advance(25 * hourMs);
    await held('two');
    await work.run((stores) => stores.consents.stop(userId, { source: 'owner' }));
    template.status = 'APPROVED';
    await sync();
    expect(heard()).toEqual(['one']);
  });

  it('is listed anew when its provider says that it is approved again', async () => {
    const told = (name: string) =>
      createApplyEvents({ ...deps(), onTemplates: (stores, reports) => stores.templates.report(reports) })([
        { kind: 'template', report: { channel: 'meta', name, language: 'en_US', state: 'approved' } },
      ]);
    const jobs = () =>
      database.db.selectFrom('jobs').select('name').where('name', '=', 'sync-templates').execute();
    await told('another');
    expect(await jobs()).toEqual([]);
    await told('update_waiting');
    expect(await jobs()).toHaveLength(1);
  });
});
