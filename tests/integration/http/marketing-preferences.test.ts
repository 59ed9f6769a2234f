import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLive } from '#src/adapters/system/live.ts';
import { createApplyEvents } from '#src/bot/apply-events.ts';
import { createChannelHealth } from '#src/bot/channel-health.ts';
import type { ChannelEvent, MarketingPreference } from '#src/domain/channel-event.ts';
import { engines } from '#tests/support/engines.ts';
import { bsuid, metaText, phone } from '#tests/support/identities.ts';
import { createQuietLog } from '#tests/support/quiet-log.ts';
import { createQuietMetrics } from '#tests/support/quiet-metrics.ts';
import { openBroadcasts, template } from './broadcasts-under-test.ts';

const number = '+15550001111';
const minutesAgo = (minutes: number, now: Date) => new Date(now.getTime() - minutes * 60_000);

describe.each(engines)('who stops marketing messages in WhatsApp on %s', (engine) => {
  let world: Awaited<ReturnType<typeof openBroadcasts>>;
  let announced: string[];
  let poked: number;
  let hear: (...events: ChannelEvent[]) => Promise<void>;

  beforeEach(async () => {
    world = await openBroadcasts(engine);
    [announced, poked] = [[], 0];
    const log = createQuietLog();
    const live = createLive({ log });
    live.subscribe((event) => event.kind === 'changed' && announced.push(event.userId));
    const clock = { now: () => world.server.clock.time };
    const apply = createApplyEvents({
      unitOfWork: world.work,
      channels: new Map(),
      channelHealth: createChannelHealth({ channels: ['meta'], clock, log }),
      clock,
      live,
      log,
      metrics: createQuietMetrics(),
      rules: { nudges: new Map() },
      jobs: {
        poke() {
          poked += 1;
        },
      },
      onTemplates: (stores, reports) => stores.templates.report(reports),
    });
    hear = (...events) => apply(events);
  });
  afterEach(() => world[Symbol.asyncDispose]());

  const now = () => world.server.clock.time;
  const preference = (wants: boolean, at: Date, over: Partial<MarketingPreference> = {}): ChannelEvent => ({
    kind: 'preference',
    report: { channel: 'meta', person: [phone(number)], wants, at, ...over },
  });
  const since = async (userId: string) =>
    (await world.call('GET', `/users/${userId}`)).body.marketing_opted_out_at as string | null;
  const log = async (userId: string) =>
    (await world.call('GET', `/users/${userId}/consents`)).body.items as Record<string, unknown>[];
  async function skipped(category: string): Promise<string[]> {
    const stored = { ...template, category };
    await world.work.run((stores) => stores.templates.replace('meta', [stored]));
    const order = {
      template: { name: 'news', language: 'en_US' },
      recipients: [{ phone: number, values: { '1': 'Ana' } }],
    };
    const { body } = await world.call('POST', '/messages/bulk/preflight', order);
    const [{ kind, recipients }] = body.groups;
    return kind === 'opted_out' ? recipients : [];
  }

  it('gets no marketing template and everything else, until they resume', async () => {
    const userId = await world.writes(number);
    await hear(preference(false, minutesAgo(3, now())));
    expect(await since(userId)).toBe(minutesAgo(3, now()).toISOString());
    expect(announced).toEqual([userId]);
    expect(await skipped('marketing')).toEqual([number]);
    expect(await skipped('utility')).toEqual([]);
    await hear(preference(true, minutesAgo(1, now())));
    expect(await since(userId)).toBeNull();
    expect(await skipped('marketing')).toEqual([]);
    const facts = { type: 'marketing', source: 'whatsapp', channel: 'meta', message_id: null };
    expect(await log(userId)).toMatchObject([
      { ...facts, action: 'granted', created_at: minutesAgo(1, now()).toISOString() },
      { ...facts, action: 'revoked', created_at: minutesAgo(3, now()).toISOString() },
    ]);
  });

  it('is taken at their latest word, whatever order it comes in and however often', async () => {
    const userId = await world.writes(number);
    const [stop, resume] = [preference(false, minutesAgo(3, now())), preference(true, minutesAgo(2, now()))];
    await hear(resume);
    await hear(stop);
    await hear(stop, resume, stop);
    expect(await since(userId)).toBeNull();
    expect(await log(userId)).toHaveLength(1);
    await hear(preference(true, minutesAgo(1, now())), preference(false, minutesAgo(1, now())));
    expect(await since(userId)).not.toBeNull();
    await hear(preference(true, minutesAgo(1, now())));
    expect(await since(userId)).not.toBeNull();
    // A clock that is ahead does not outdo what is said later.
    await hear(preference(true, minutesAgo(-60, now())));
    expect(await since(userId)).toBeNull();
    world.server.clock.time = minutesAgo(-1, now());
    await hear(preference(false, now()));
    expect(await since(userId)).not.toBeNull();
  });

  it('may take back what an error told', async () => {
    const userId = await world.writes(number);
    await world.work.run((stores) =>
      stores.consents.stopMarketing(userId, { source: 'provider', channel: 'meta', detail: '131050' }),
    );
    await hear(preference(true, minutesAgo(1, now())));
    expect(await since(userId)).not.toBeNull();
    world.server.clock.time = minutesAgo(-5, now());
    await hear(preference(true, now()));
    expect(await since(userId)).toBeNull();
  });

  it('is found by their id; a number that has changed hands is nobody’s, and strangers stay unknown', async () => {
    const luis = [phone('+15550002222'), bsuid('US.2')];
    const [met] = await world.work.run((stores) => stores.inbox.accept([metaText(luis, 'hi')], () => true));
    const userId = met?.userId ?? '';
    const by = (...person: MarketingPreference['person'][number][]) => ({ person });
    await hear(preference(false, now(), by(phone('+15550002222'), bsuid('US.9'))));
    await hear(preference(false, now(), by(phone('+15550009999'), bsuid('US.8'))));
    expect(await since(userId)).toBeNull();
    await hear(preference(false, now(), by(bsuid('US.2'))));
    expect(await since(userId)).not.toBeNull();
    expect(await world.server.db.selectFrom('users').select('id').execute()).toHaveLength(1);
  });

  it('may be many at once, told twice at once', async () => {
    const people = Array.from({ length: 300 }, (_, index) => phone(`+1555${String(1_000_000 + index)}`));
    await world.work.run((stores) =>
      stores.inbox.accept(
        people.map((person) => metaText([person], 'hi')),
        () => true,
      ),
    );
    const all = people.map((person) => preference(false, now(), { person: [person] }));
    await Promise.all([hear(...all), hear(...all.toReversed())]);
    expect(await world.server.db.selectFrom('consents').select('id').execute()).toHaveLength(300);
    const out = world.server.db
      .selectFrom('users')
      .select('id')
      .where('marketing_opted_out_at', 'is not', null);
    expect(await out.execute()).toHaveLength(300);
  });

  describe('a template', () => {
    const named = { channel: 'meta', name: 'news', language: 'en_US' } as const;

    it('shows how people take to it, also after a list that does not say', async () => {
      await hear({ kind: 'template', report: { ...named, quality: 'red' } });
      const stored = () => world.work.run((stores) => stores.templates.named('news'));
      expect(await stored()).toMatchObject([{ quality: 'red', state: 'approved' }]);
      await world.work.run((stores) => stores.templates.replace('meta', [template]));
      expect(await stored()).toMatchObject([{ quality: 'red' }]);
      await world.work.run((stores) => stores.templates.replace('meta', [{ ...template, quality: 'green' }]));
      expect(await stored()).toMatchObject([{ quality: 'green' }]);
    });

    it('of which something unknown is told stays as it is, and is listed anew', async () => {
      await hear({ kind: 'template', report: { ...named, isEdited: true, unknownEvent: 'ENCHANTED' } });
      expect(await world.work.run((stores) => stores.templates.named('news'))).toMatchObject([
        { state: 'approved' },
      ]);
      const jobs = await world.server.db.selectFrom('jobs').select('name').execute();
      expect(jobs).toEqual([{ name: 'sync-templates' }]);
    });

    it('with other words is listed anew', async () => {
      await hear({ kind: 'template', report: { ...named, isEdited: true } });
      await hear({ kind: 'template', report: { ...named, isEdited: true } });
      const jobs = await world.server.db.selectFrom('jobs').select(['name', 'run_at']).execute();
      expect(jobs).toEqual([{ name: 'sync-templates', run_at: now().toISOString() }]);
      expect(poked).toBe(2);
      expect(await world.work.run((stores) => stores.templates.named('news'))).toMatchObject([
        { state: 'approved' },
      ]);
    });
  });
});
