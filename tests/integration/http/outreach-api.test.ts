import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createUnitOfWork } from '#src/adapters/store/unit-of-work.ts';
import { createLive } from '#src/adapters/system/live.ts';
import { newUuid } from '#src/adapters/system/new-id.ts';
import type { BotRules } from '#src/bot/deps.ts';
import { createSendMessage } from '#src/bot/send-message.ts';
import { syncTemplates } from '#src/bot/sync-templates.ts';
import { ProviderRefused } from '#src/domain/errors.ts';
import type { ChannelName } from '#src/domain/identity.ts';
import type { Template } from '#src/domain/template.ts';
import type { OutreachDeps } from '#src/http/routes/outreach.ts';
import type { Channel } from '#src/ports/channel.ts';
import type { UnitOfWork } from '#src/ports/stores.ts';
import { engines } from '#tests/support/engines.ts';
import { inboundText } from '#tests/support/inbound.ts';
import { createQuietLog } from '#tests/support/quiet-log.ts';
import { type ServerUnderTest, startServer } from './server-under-test.ts';

const hourMs = 60 * 60_000;
const phone = '+15550001111';

const template = (over: Partial<Template> = {}): Template => ({
  channel: 'meta',
  name: 'order_ready',
  language: 'en_US',
  title: 'order_ready',
  category: 'utility',
  state: 'approved',
  body: 'Hello {{1}}, your order {{2}} is ready.',
  placeholders: { required: ['1', '2'], optional: ['button.0.payload'] },
  components: [{ type: 'BODY' }],
  ...over,
});
const channelNamed = (name: ChannelName): Channel => ({
  name,
  limits: { textUnits: 100 },
  fetchMedia: () => Promise.reject(new Error('not used')),
  send: () => Promise.reject(new Error('not used')),
  showTyping: async () => {},
});

describe.each(engines)("the owner's own messages on %s", (engine) => {
  let server: ServerUnderTest;
  let work: UnitOfWork;
  let poked: number;
  let userId: string;

  beforeEach(async () => {
    let real: OutreachDeps | undefined;
    const outreach: OutreachDeps = {
      send: async (order) => (real as OutreachDeps).send(order),
      templates: async () => (real as OutreachDeps).templates(),
      sync: async (signal) => (real as OutreachDeps).sync(signal),
    };
    server = await startServer({ engine, deps: { outreach } });
    const { clock, db } = server;
    work = createUnitOfWork({ db, clock: { now: () => clock.time }, newId: newUuid });
    poked = 0;
    const log = createQuietLog();
    real = {
      send: createSendMessage({
        unitOfWork: work,
        channels: new Map([
          ['simulator', channelNamed('simulator')],
          ['twilio', channelNamed('twilio')],
          ['meta', channelNamed('meta')],
        ]),
        clock: { now: () => clock.time },
        live: createLive({ log }),
        rules: {
          isWelcome: () => true,
          ownAddresses: new Map([
            ['meta', '106540352242922'],
            ['twilio', 'whatsapp:+14155238886'],
          ]),
        } as unknown as BotRules,
        jobs: {
          poke: () => {
            poked += 1;
          },
        },
      }),
      templates: () => work.run((stores) => stores.templates.all()),
      sync: (signal) =>
        syncTemplates(
          {
            unitOfWork: work,
            log,
            catalogs: [
              { channel: 'meta', list: async () => [template(), template({ language: 'de' })] },
              {
                channel: 'twilio',
                list: () => Promise.reject(new ProviderRefused('credentials', 'no', { vendorCode: '20003' })),
              },
            ],
          },
          signal,
        ),
    };
    await writes('meta', '15550001111');
  });
  afterEach(() => server[Symbol.asyncDispose]());

  async function writes(channel: ChannelName, replyAddress: string, more = {}) {
    await work.run(async (stores) => {
      const message = inboundText(phone, 'hello', {
        channel,
        replyAddress,
        ownAddress: channel === 'meta' ? '106540352242922' : 'whatsapp:+14155238886',
        ...more,
      });
      const [accepted] = await stores.inbox.accept([message], () => true);
      userId = accepted?.userId ?? userId;
    });
  }
  async function posts(payload: object, key?: string) {
    const response = await server.app.inject({
      method: 'POST',
      url: '/api/v1/messages',
      headers: { ...server.bearer(), ...(key && { 'idempotency-key': key }) },
      payload,
    });
    return { status: response.statusCode, body: response.json() };
  }
  const refusal = (status: number, code: string) => ({ status, body: { error: { code } } });
  const parts = () => server.db.selectFrom('outbound_parts').selectAll().orderBy('id').execute();
  const jobs = () => server.db.selectFrom('jobs').select('key').execute();
  const keep = (...templates: Template[]) =>
    work.run((stores) => stores.templates.replace('meta', templates));

  it('queues free text for somebody who wrote lately, and wakes their lane', async () => {
    const { status, body } = await posts({ to: { user_id: userId }, text: 'x'.repeat(200) });
    expect(status).toBe(202);
    expect(body).toMatchObject({ user_id: userId, direction: 'outbound', channel: 'meta' });
    expect(body.conversation_id).not.toBeNull();
    expect(body.outbound_parts).toHaveLength(2);
    expect(await parts()).toMatchObject([
      { state: 'queued', to_address: '15550001111', from_address: '106540352242922', turn_id: null },
      { state: 'queued' },
    ]);
    expect(await jobs()).toHaveLength(1);
    expect(poked).toBe(1);
  });

  it('takes the channel they wrote on last, unless told otherwise', async () => {
    server.clock.time = new Date(server.clock.time.getTime() + 1_000);
    await writes('twilio', `whatsapp:${phone}`);
    expect((await posts({ to: { phone }, text: 'hi' })).body.channel).toBe('twilio');
    expect((await posts({ to: { phone }, text: 'hi', channel: 'meta' })).body.channel).toBe('meta');
  });

  it('refuses free text when the window is closed, or holds it', async () => {
    server.clock.time = new Date(server.clock.time.getTime() + 24 * hourMs);
    expect(await posts({ to: { phone }, text: 'hi' })).toMatchObject(refusal(409, 'outside_window'));
    expect(await parts()).toEqual([]);
    expect((await posts({ to: { phone }, text: 'hi', hold: true })).status).toBe(202);
    const stranger = { to: { phone: '+491701234567' }, text: 'hi' };
    expect(await posts(stranger)).toMatchObject(refusal(409, 'outside_window'));
    const unknown = { to: stranger.to, template: { name: 'none' } };
    expect(await posts(unknown)).toMatchObject(refusal(400, 'unknown_template'));
    expect(await server.db.selectFrom('users').select('phone_number').execute()).toEqual([
      { phone_number: phone },
    ]);
  });

  it('reaches whoever an id turned out to be', async () => {
    const id = { kind: 'bsuid', scope: '', value: 'US.13491208655302741918' } as const;
    const ana = userId;
    await writes('meta', id.value, { sender: [id] });
    const other = userId;
    await writes('meta', '15550001111', { sender: [{ kind: 'phone', scope: '', value: phone }, id] });
    expect(other).not.toBe(ana);
    expect((await posts({ to: { user_id: other }, text: 'hi' })).body.user_id).toBe(ana);
  });

  it('sends a template with its values, and keeps the words', async () => {
    await keep(template());
    const use = { name: 'order_ready', values: { '1': 'Ana', '2': '47' } };
    const { status, body } = await posts({ to: { phone }, template: use });
    expect(status).toBe(202);
    expect(body.content).toBe('Hello Ana, your order 47 is ready.');
    const pending = await work.run((stores) => stores.outbox.pending(userId));
    expect(pending[0]?.template).toEqual({ ...use, language: 'en_US' });
  });

  it.each([
    [{ '1': 'Ana' }, '2 is missing'],
    [{ '1': 'Ana', '2': ' ' }, '2 is missing'],
    [{ '1': 'Ana', '2': '47', '3': 'x', name: 'y' }, '3 has no place in the template; name has no place'],
    [
      { '1': 'Ana\nLuis', '2': '47' },
      '1 has a line break, a tab or more than four spaces in a row, which meta',
    ],
    [{ '1': 'Ana', '2': '4\t7' }, '2 has a line break'],
    [{ '1': 'Ana     Luis', '2': '47\r' }, 'which meta refuses; 2 has a line break'],
  ])('names what is wrong with the values %j', async (values, words) => {
    await keep(template());
    const answer = await posts({ to: { phone }, template: { name: 'order_ready', values } });
    expect(answer).toMatchObject(refusal(400, 'wrong_values'));
    expect(answer.body.error.message).toContain(words);
  });

  it('takes up to four spaces in a row, and anything where nobody reads it', async () => {
    await keep(template());
    const values = { '1': 'Ana    Luis', '2': ' 47 ', 'button.0.payload': 'a\nb' };
    expect((await posts({ to: { phone }, template: { name: 'order_ready', values } })).status).toBe(202);
  });

  it('only sends templates that are there and approved', async () => {
    const values = { '1': 'Ana', '2': '47' };
    const use = (more = {}) => posts({ to: { phone }, template: { name: 'order_ready', values, ...more } });
    expect(await use()).toMatchObject(refusal(400, 'unknown_template'));
    await keep(template(), template({ language: 'de', state: 'paused' }));
    expect(await use()).toMatchObject(refusal(400, 'ambiguous_template'));
    expect(await use({ language: 'de' })).toMatchObject(refusal(409, 'template_not_approved'));
    expect((await use({ language: 'en_US' })).status).toBe(202);
    await work.run((stores) =>
      stores.templates.report([
        { channel: 'meta', name: 'order_ready', language: 'en_US', state: 'rejected', reason: 'spam' },
      ]),
    );
    expect(await use({ language: 'en_US' })).toMatchObject(refusal(409, 'template_not_approved'));
  });

  it('meets a number for the first time, on the channel that has the template', async () => {
    await keep(template({ body: 'Hi', placeholders: { required: [], optional: [] } }));
    const { status, body } = await posts({
      to: { phone: '+49 170 1234567' },
      template: { name: 'order_ready' },
    });
    expect(status).toBe(202);
    expect(body.channel).toBe('meta');
    expect(await parts()).toMatchObject([{ to_address: '491701234567', from_address: '106540352242922' }]);
    const again = await posts({ to: { phone: '+491701234567' }, template: { name: 'order_ready' } });
    expect(again.body.user_id).toBe(body.user_id);
  });

  it('finds people by their business-scoped id, and nobody by an unknown one', async () => {
    const bsuid = 'US.13491208655302741918';
    await writes('meta', bsuid, { sender: [{ kind: 'bsuid', scope: '', value: bsuid }] });
    const { body } = await posts({ to: { bsuid }, text: 'hi' });
    expect(body.outbound_parts).toHaveLength(1);
    expect((await parts())[0]?.to_address).toBe(bsuid);
    expect(await posts({ to: { bsuid: 'US.1' }, text: 'hi' })).toMatchObject(refusal(404, 'unknown_person'));
    expect(await posts({ to: { user_id: 'me' }, text: 'hi' })).toMatchObject(refusal(404, 'unknown_person'));
  });

  it('sends nothing to whoever wants nothing', async () => {
    const marketing = template({ category: 'marketing', placeholders: { required: [], optional: [] } });
    await keep(marketing);
    await work.run((stores) => stores.consents.stopMarketing(userId, { source: 'owner' }));
    expect(await posts({ to: { phone }, template: { name: 'order_ready' } })).toMatchObject(
      refusal(409, 'opted_out'),
    );
    expect((await posts({ to: { phone }, text: 'hi' })).status).toBe(202);
    await work.run((stores) => stores.consents.stop(userId, { source: 'owner' }));
    expect(await posts({ to: { phone }, text: 'hi', hold: true })).toMatchObject(refusal(409, 'opted_out'));
  });

  it('carries out an order once under its key, also when it comes twice at once', async () => {
    const order = { to: { phone: '+491701234567' }, text: 'hi', hold: true };
    const [one, other] = await Promise.all([posts(order, 'k-1'), posts(order, 'k-1')]);
    expect([one.status, other.status]).toEqual([202, 202]);
    expect(other.body.id).toBe(one.body.id);
    expect((await posts(order, 'k-1')).body.id).toBe(one.body.id);
    expect(await parts()).toHaveLength(1);
    const another = { ...order, text: 'something else' };
    expect(await posts(another, 'k-1')).toMatchObject(refusal(409, 'idempotency_conflict'));
    expect((await posts(order, 'k-2')).body.id).not.toBe(one.body.id);
    await work.run((stores) => stores.outreach.forgetKeys(new Date(server.clock.time.getTime() + 1)));
    expect((await posts(order, 'k-1')).body.id).not.toBe(one.body.id);
  });

  it.each([
    [{ text: 'hi' }],
    [{ to: {}, text: 'hi' }],
    [{ to: { phone, bsuid: 'US.1' }, text: 'hi' }],
    [{ to: { phone: '12' }, text: 'hi' }],
    [{ to: { phone }, text: ' ' }],
    [{ to: { phone } }],
    [{ to: { phone }, text: 'hi', template: { name: 'a' } }],
    [{ to: { phone }, text: 'hi', extra: 1 }],
  ])('refuses %j', async (payload) => {
    expect(await posts(payload)).toMatchObject(refusal(400, 'invalid_request'));
  });

  it('lists templates, and asks the providers for them', async () => {
    const call = async (method: 'GET' | 'POST', url: string) =>
      (await server.app.inject({ method, url, headers: server.bearer() })).json();
    expect(await call('GET', '/api/v1/templates')).toEqual({ items: [] });
    await work.run((stores) => stores.templates.replace('meta', [template({ name: 'gone' })]));
    expect(await call('POST', '/api/v1/templates/sync')).toEqual({
      channels: [
        { channel: 'meta', templates: 2, problem: null },
        { channel: 'twilio', templates: null, problem: '20003' },
      ],
    });
    const named = { channel: 'meta', name: 'order_ready', language: 'de' } as const;
    await work.run((stores) => stores.templates.report([{ ...named, quality: 'yellow' }]));
    const { items } = await call('GET', '/api/v1/templates');
    expect(items).toMatchObject([
      {
        name: 'order_ready',
        language: 'de',
        state: 'approved',
        quality: 'yellow',
        placeholders: { required: ['1', '2'] },
      },
      { name: 'order_ready', language: 'en_US', quality: null },
    ]);
    expect((await server.app.inject({ url: '/api/v1/templates' })).statusCode).toBe(401);
  });
});
