import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { engines } from '#tests/support/engines.ts';
import { waitFor } from '#tests/support/wait-for.ts';
import { openBroadcasts, template } from './broadcasts-under-test.ts';

type World = Awaited<ReturnType<typeof openBroadcasts>>;

const phoneOf = (index: number) => `+49170${String(1_000_000 + index)}`;
const crowd = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ phone: phoneOf(index), values: { '1': `P${index}` } }));
const news = { template: { name: 'news', language: 'en_US' } };

describe.each(engines)('broadcasts on %s', (engine) => {
  let world: World;
  beforeEach(async () => {
    world = await openBroadcasts(engine);
  });
  afterEach(() => world[Symbol.asyncDispose]());

  async function begin(order: object, headers = {}): Promise<string> {
    const { status, body } = await world.call('POST', '/messages/bulk', order, headers);
    expect(status, JSON.stringify(body)).toBe(202);
    return body.id;
  }
  const detail = async (id: string) => (await world.call('GET', `/broadcasts/${id}`)).body;

  it('tells beforehand who gets what, who gets nothing and why', async () => {
    const near = await world.writes('+15550001111');
    const stopped = await world.writes('+15550002222');
    await world.work.run((stores) => stores.consents.stop(stopped, { source: 'owner' }));
    const values = { '1': 'Ana' };
    const order = {
      ...news,
      recipients: [
        { user_id: near, values },
        { phone: '+1 555 000 1111', values },
        { phone: '+15550002222', values },
        { phone: phoneOf(1), values },
        { phone: '12', values },
        { values },
        { bsuid: 'US.1', values },
        { phone: phoneOf(2) },
        { phone: phoneOf(3), values: { '1': 'Ana\nLuis' } },
      ],
    };
    const { status, body } = await world.call('POST', '/messages/bulk/preflight', order);
    expect(status).toBe(200);
    const groups = Object.fromEntries(
      body.groups.map((group: { kind: string; recipients: string[] }) => [group.kind, group.recipients]),
    );
    expect(groups).toEqual({
      in_window: [near],
      duplicate: ['+15550001111'],
      opted_out: ['+15550002222'],
      needs_template: [phoneOf(1)],
      invalid_recipient: ['12', ''],
      unknown_person: ['US.1'],
      wrong_values: [phoneOf(2), phoneOf(3)],
    });
    const estimate = { whatsapp_charges_usd: 0.05, unpriced_messages: 0 };
    expect(body).toMatchObject({ total: 9, reachable: 2, estimate });
    const dry = await world.call('POST', '/messages/bulk', { ...order, dry_run: true });
    expect(dry).toEqual({ status: 200, body });
    expect(await world.call('GET', '/broadcasts')).toMatchObject({ body: { items: [] } });
  });

  it('gives everybody one message, text to whoever wrote lately and the template to the others', async () => {
    await world.writes('+15550001111');
    const recipients = [{ phone: '+15550001111', values: { '1': 'Ana' } }, ...crowd(3)];
    const id = await begin({ name: 'News', text: 'Hi there', ...news, recipients });
    await world.send(id);
    const parts = await world.parts();
    expect(parts.map((part) => [part.to_address, part.text]).sort()).toEqual([
      ['15550001111', 'Hi there'],
      ['491701000000', 'Hello P0!'],
      ['491701000001', 'Hello P1!'],
      ['491701000002', 'Hello P2!'],
    ]);
    expect(await detail(id)).toMatchObject({
      name: 'News',
      state: 'done',
      progress: { queued: 4, waiting: 0 },
    });
    await world.send(id);
    expect(await world.parts()).toHaveLength(4);
    const jobs = await world.server.db
      .selectFrom('jobs')
      .select('key')
      .where('name', '=', 'answer-user')
      .execute();
    expect(jobs).toHaveLength(4);
  });

  it('leaves out whoever free text does not reach, and looks again when their turn comes', async () => {
    const stops = await world.writes('+15550001111');
    const id = await begin({ text: 'Hi', recipients: [{ user_id: stops }, { phone: phoneOf(1) }] });
    expect(await detail(id)).toMatchObject({ progress: { waiting: 1, skipped: 1 } });
    await world.work.run((stores) => stores.consents.stop(stops, { source: 'owner' }));
    await world.send(id);
    expect(await world.parts()).toEqual([]);
    const { body } = await world.call('GET', `/broadcasts/${id}/recipients?state=skipped`);
    expect(body.items).toMatchObject([
      { position: 1, reason_code: 'outside_window', user_id: null },
      { position: 0, reason_code: 'opted_out', user_id: stops },
    ]);
  });

  it('pauses, resumes and cancels', async () => {
    const id = await begin({ ...news, recipients: crowd(5) });
    const act = (action: string) => world.call('POST', `/broadcasts/${id}/${action}`);
    expect((await act('pause')).body.state).toBe('paused');
    expect((await act('pause')).status).toBe(200);
    await world.send(id);
    expect(await world.parts()).toEqual([]);
    expect((await act('resume')).body.state).toBe('running');
    expect((await act('cancel')).body).toMatchObject({ state: 'canceled', progress: { skipped: 5 } });
    await world.send(id);
    expect(await world.parts()).toEqual([]);
    expect(await act('resume')).toMatchObject({ status: 409, body: { error: { code: 'not_now' } } });
  });

  it('stops by itself when too much fails, and repeats only what failed', async () => {
    const id = await begin({ ...news, recipients: crowd(60) });
    // Lanes hold so many until they are emptied; the first are handed out, then some fail.
    await world.server.db
      .updateTable('broadcast_recipients')
      .set({ state: 'skipped' })
      .where('position', '>=', 50)
      .execute();
    await world.send(id);
    await world.lanesEnd((to) => Number(to.slice(-7)) < 1_000_012);
    await world.server.db
      .updateTable('broadcast_recipients')
      .set({ state: 'waiting' })
      .where('position', '>=', 50)
      .execute();
    await world.server.db.updateTable('broadcasts').set({ state: 'running' }).execute();
    await world.send(id);
    expect(await detail(id)).toMatchObject({
      state: 'stopped',
      reason: '12 of the last 50 messages failed',
      progress: { waiting: 10, failed: 12, sent: 38 },
    });
    const failures = await world.call('GET', `/broadcasts/${id}/recipients?state=failed&limit=5`);
    expect(failures.body.items[0]).toMatchObject({
      reason_code: '131026',
      reason: 'not on WhatsApp',
      tries: 1,
    });
    expect(failures.body.next_cursor).not.toBeNull();

    world.server.clock.time = new Date(world.server.clock.time.getTime() + 1_000);
    const retry = () => world.call('POST', `/broadcasts/${id}/retry-failed`);
    await Promise.all([retry(), retry()]);
    await world.send(id);
    await world.lanesEnd(() => false);
    expect(await detail(id)).toMatchObject({ state: 'done', progress: { sent: 60, failed: 0 } });
    expect(await world.parts()).toHaveLength(72);
    expect((await retry()).body.state).toBe('done');
  });

  it('does not run ahead of the lanes', async () => {
    await world[Symbol.asyncDispose]();
    world = await openBroadcasts(engine, { perSecond: 4 });
    const id = await begin({ ...news, recipients: crowd(70) });
    const stop = new AbortController();
    const sending = expect(world.send(id, { signal: stop.signal })).rejects.toThrow('enough');
    await waitFor('fifty to be handed out', async () => (await world.parts()).length === 50);
    const looked = world.pauses.length;
    await waitFor('it to look again and again', () => world.pauses.length > looked + 3);
    stop.abort(new Error('enough'));
    await sending;
    expect(await world.parts()).toHaveLength(50);
    expect(new Set(world.pauses)).toEqual(new Set([250]));
    await world.lanesEnd(() => false);
    await world.send(id);
    expect(await world.parts()).toHaveLength(70);
  });

  it('hands out to each once, also when two processes do it at once', async () => {
    const id = await begin({ ...news, recipients: crowd(120) });
    await Promise.allSettled([world.send(id), world.send(id), world.send(id)]);
    await world.send(id);
    const parts = await world.parts();
    expect(parts).toHaveLength(120);
    expect(new Set(parts.map((part) => part.to_address)).size).toBe(120);
  });

  it('gives one message to two who turn out to be one', async () => {
    const [one, other] = [await world.writes('+15550001111'), await world.writes('+15550002222')];
    const id = await begin({ text: 'Hi', recipients: [{ user_id: one }, { user_id: other }] });
    await world.server.db.updateTable('broadcast_recipients').set({ user_id: one }).execute();
    await world.send(id);
    expect(await world.parts()).toHaveLength(1);
    expect(await detail(id)).toMatchObject({ progress: { queued: 1, skipped: 1 } });
  });

  it('keeps nothing of somebody who is erased, also if nobody knew them when they were named', async () => {
    const one = await world.writes('+15550001111');
    const id = await begin({
      text: 'Hi',
      recipients: [{ user_id: one }, { phone: phoneOf(1) }, { phone: phoneOf(2) }],
    });
    const other = await world.writes(phoneOf(1));
    await world.work.run(async ({ erasures }) => {
      await erasures.forget(one);
      await erasures.forget(other);
    });
    const { body } = await world.call('GET', `/broadcasts/${id}/recipients`);
    expect(body.items.map((item: { recipient: string }) => item.recipient)).toEqual([phoneOf(2)]);
  });

  it('takes a list, and the same order under a key once', async () => {
    const csv = `phone,1\n${crowd(3)
      .map(({ phone, values }) => `${phone},${values['1']}`)
      .join('\n')}\n`;
    const headers = { 'content-type': 'text/csv', 'idempotency-key': 'k-1' };
    const call = (text: string) =>
      world.call('POST', '/messages/bulk?template=news&name=List', text, headers);
    const [one, other] = await Promise.all([call(csv), call(csv)]);
    expect([one.status, other.status]).toEqual([202, 202]);
    expect(other.body.id).toBe(one.body.id);
    expect(one.body).toMatchObject({ name: 'List', total: 3, content: { template: { name: 'news' } } });
    expect(await call(`${csv}+15550009999,x\n`)).toMatchObject({
      status: 409,
      body: { error: { code: 'idempotency_conflict' } },
    });
    const { body } = await world.call('GET', '/broadcasts?limit=1');
    expect(body.items).toHaveLength(1);
  });

  it('tells of faulty lines of a list by their number, and goes on with the others', async () => {
    const list = ['phone,1', '+491701000001,Smith, Ana', '+491701000002,"Ana"x', '+491701000003,Ben'];
    const csv = [...list, '+491701000004', '+491701000005,'].join('\n');
    const headers = { 'content-type': 'text/csv' };
    const { body } = await world.call('POST', '/messages/bulk/preflight?template=news', csv, headers);
    const groups = new Map(
      body.groups.map((group: { kind: string; recipients: string[] }) => [group.kind, group.recipients]),
    );
    expect(groups.get('needs_template')).toEqual([phoneOf(3)]);
    expect(groups.get('wrong_values')).toEqual([phoneOf(4), phoneOf(5)]);
    expect(groups.get('invalid_recipient')).toEqual([
      expect.stringMatching(/^line 2: it has 3 cells, the first line names 2;/),
      expect.stringMatching(/^line 3: something follows a closing quotation mark;/),
    ]);
    const { status, body: made } = await world.call('POST', '/messages/bulk?template=news', csv, headers);
    expect([status, made.total]).toEqual([202, 5]);
    await world.send(made.id);
    expect((await world.parts()).map((part) => [part.to_address, part.text])).toEqual([
      [phoneOf(3).slice(1), 'Hello Ben!'],
    ]);
    const skipped = (await world.call('GET', `/broadcasts/${made.id}/recipients?state=skipped`)).body.items;
    expect(skipped.at(-1)).toMatchObject({
      position: 0,
      recipient: 'line 2',
      reason_code: 'invalid_recipient',
      reason: expect.stringContaining('it has 3 cells'),
    });
  });

  it('refuses a list whose letters it would have to guess', async () => {
    const call = (contentType: string) =>
      world.server.app.inject({
        method: 'POST',
        url: '/api/v1/messages/bulk/preflight?template=news',
        headers: { ...world.server.bearer(), 'content-type': contentType },
        payload: Buffer.from(`phone,1\n${phoneOf(1)},J\xfcrgen\n`, 'latin1'),
      });
    const refused = await call('text/csv');
    expect(refused.statusCode).toBe(400);
    expect(refused.json().error.message).toMatch(/^The list is not UTF-8. Save it as CSV UTF-8/);
    expect((await call('text/csv; charset=windows-1252')).json()).toMatchObject({ reachable: 1 });
  });

  it.each([
    [{ recipients: crowd(1) }, 400],
    [{ text: 'x', recipients: [] }, 400],
    [{ text: 'x'.repeat(1_501), recipients: crowd(1) }, 400],
    [{ template: { name: 'unknown' }, recipients: crowd(1) }, 400],
    [{ ...news, channel: 'simulator', recipients: crowd(1) }, 400],
  ])('refuses %#', async (order, status) => {
    expect((await world.call('POST', '/messages/bulk', order)).status).toBe(status);
  });

  it('refuses templates that are not approved, strangers to the API and unknown ids', async () => {
    await world.work.run((stores) => stores.templates.replace('meta', [{ ...template, state: 'paused' }]));
    const refused = await world.call('POST', '/messages/bulk', { ...news, recipients: crowd(1) });
    expect(refused).toMatchObject({ status: 409, body: { error: { code: 'template_not_approved' } } });
    expect((await world.server.app.inject({ method: 'POST', url: '/api/v1/messages/bulk' })).statusCode).toBe(
      401,
    );
    expect((await world.call('GET', '/broadcasts/me')).status).toBe(404);
    expect((await world.call('POST', '/broadcasts/me/pause')).status).toBe(404);
  });

  it('takes 10,000 recipients', async () => {
    const recipients = crowd(10_000).map(({ phone }) => ({ phone, values: { '1': 'x'.repeat(300) } }));
    const id = await begin({ ...news, recipients });
    expect(await detail(id)).toMatchObject({ total: 10_000, progress: { waiting: 10_000 } });
    const more = { ...news, recipients: [...recipients, { phone: '+15550001111', values: { '1': 'x' } }] };
    expect((await world.call('POST', '/messages/bulk', more)).status).toBe(400);
  });
});
