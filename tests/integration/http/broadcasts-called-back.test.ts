import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CalledBack } from '#src/domain/errors.ts';
import { engines } from '#tests/support/engines.ts';
import { openBroadcasts } from './broadcasts-under-test.ts';

type World = Awaited<ReturnType<typeof openBroadcasts>>;
type Action = 'pause' | 'resume' | 'cancel';

const crowd = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    phone: `+49170${String(1_000_000 + index)}`,
    values: { '1': `P${index}` },
  }));
const news = { template: { name: 'news', language: 'en_US' } };

describe.each(engines)('what is in lanes already, on %s', (engine) => {
  let world: World;
  beforeEach(async () => {
    world = await openBroadcasts(engine);
  });
  afterEach(() => world[Symbol.asyncDispose]());

  async function handedOut(order: object): Promise<string> {
    const { status, body } = await world.call('POST', '/messages/bulk', order);
    expect(status, JSON.stringify(body)).toBe(202);
    await world.send(body.id);
    return body.id;
  }
  const act = async (id: string, action: Action) =>
    (await world.call('POST', `/broadcasts/${id}/${action}`)).body;
  const progressOf = async (id: string) => (await world.call('GET', `/broadcasts/${id}`)).body.progress;
  const reasonsOf = async (id: string, state: string) => {
    const { body } = await world.call('GET', `/broadcasts/${id}/recipients?state=${state}`);
    return body.items.map((item: { reason_code: string }) => item.reason_code);
  };
  /** All of the lanes, as they would be looked at now. */
  const pending = () =>
    world.work.run(async ({ outbox }) =>
      (await Promise.all((await outbox.usersWaiting()).map((userId) => outbox.pending(userId)))).flat(),
    );
  const begin = (part: Awaited<ReturnType<typeof pending>>[number]) =>
    world.work.run(({ outbox }) => outbox.sending(part));

  it('is called back by a pause and sent after it, each once; what has begun is not touched', async () => {
    const id = await handedOut({ ...news, recipients: crowd(5) });
    const [begun, seen] = await pending();
    if (!begun || !seen) throw new Error('nothing is in the lanes');
    await begin(begun);
    expect((await act(id, 'pause')).state).toBe('paused');
    expect(await pending()).toEqual([]);
    expect(await progressOf(id)).toMatchObject({ queued: 1, held: 4 });
    expect(new Set(await reasonsOf(id, 'held'))).toEqual(new Set(['broadcast_paused']));
    // Whoever looked at the lane before cannot begin it any more.
    await expect(begin(seen)).rejects.toThrow(CalledBack);
    await world.lanesEnd(() => false);
    await world.work.run(({ outbox }) => outbox.sent({ ...begun, state: 'sending', attempts: 1 }, 'wamid.1'));
    await world.send(id);
    expect(await progressOf(id)).toMatchObject({ sent: 1, held: 4 });

    expect((await act(id, 'resume')).state).toBe('running');
    await world.send(id);
    await world.lanesEnd(() => false);
    expect(await world.call('GET', `/broadcasts/${id}`)).toMatchObject({
      body: { state: 'done', progress: { sent: 5, held: 0 } },
    });
    const parts = await world.parts();
    expect(parts.map(({ attempts, error_code }) => [attempts, error_code])).toEqual(
      Array.from({ length: 5 }, () => [1, null]),
    );
  });

  it('wakes the lanes it is put back into', async () => {
    const id = await handedOut({ ...news, recipients: crowd(3) });
    await act(id, 'pause');
    await world.server.db.deleteFrom('jobs').where('name', '=', 'answer-user').execute();
    await act(id, 'resume');
    const jobs = await world.server.db
      .selectFrom('jobs')
      .select('key')
      .where('name', '=', 'answer-user')
      .execute();
    expect(jobs).toHaveLength(3);
  });

  it('ends with a cancel as canceled, also after a pause', async () => {
    const id = await handedOut({ ...news, recipients: crowd(4) });
    const [begun, tried] = await pending();
    if (!begun || !tried) throw new Error('nothing is in the lanes');
    await begin(begun);
    await begin(tried);
    await world.work.run(({ outbox }) => outbox.queuedAgain({ ...tried, state: 'sending', attempts: 1 }));
    await act(id, 'pause');
    const canceled = await act(id, 'cancel');
    // Who was tried before counts as failed: a report may still say that it arrived.
    expect(canceled).toMatchObject({
      state: 'canceled',
      progress: { queued: 1, skipped: 2, failed: 1, held: 0 },
    });
    expect(await reasonsOf(id, 'skipped')).toEqual(['canceled', 'canceled']);
    expect(await reasonsOf(id, 'failed')).toEqual(['canceled']);
    expect(await pending()).toEqual([]);
    await world.send(id);
    const { body } = await world.call('GET', '/messages?direction=outbound');
    const words = body.items.map((item: { error_message: string | null }) => item.error_message);
    expect(words.filter(Boolean)).toEqual(
      Array.from({ length: 3 }, () => 'not delivered: the broadcast was canceled (canceled)'),
    );
    await world.work.run(({ outbox }) => outbox.sent({ ...begun, state: 'sending', attempts: 1 }, 'wamid.1'));
    expect(await progressOf(id)).toMatchObject({ sent: 1, skipped: 2, failed: 1 });
  });

  it('does not go out when its person writes during a pause, and what else waits for them does', async () => {
    const ana = await world.writes('+15550001111');
    const id = await handedOut({ text: 'Hi', recipients: [{ user_id: ana }] });
    const other = await handedOut({ text: 'Not paused', recipients: [{ user_id: ana }] });
    const reason = { code: 'outside_window', words: 'not within 24 hours' };
    for (const part of await pending()) await world.work.run(({ window }) => window.hold(part, reason));
    await act(id, 'pause');
    const place = { channel: 'meta', to: '15550001111', from: '1', textUnits: 1_600 } as const;
    await world.work.run(({ window }) => window.release(ana, place));
    expect((await pending()).map(({ text }) => text)).toEqual(['Not paused']);
    await act(id, 'resume');
    expect((await pending()).map(({ text }) => text)).toEqual(['Hi', 'Not paused']);
    await world.lanesEnd(() => false);
    expect(await progressOf(id)).toMatchObject({ sent: 1 });
    expect((await act(other, 'pause')).error.code).toBe('not_now');
  });

  it('is canceled as well when everything was handed out, but not once everything is out', async () => {
    const id = await handedOut({ ...news, recipients: crowd(2) });
    expect(await act(id, 'cancel')).toMatchObject({ state: 'canceled', progress: { skipped: 2 } });
    const over = await handedOut({ ...news, recipients: crowd(2) });
    await world.lanesEnd(() => false);
    expect((await act(over, 'cancel')).error.code).toBe('not_now');
  });

  it('is sent by nobody or called back, whoever comes first', async () => {
    const id = await handedOut({ ...news, recipients: crowd(40) });
    // As if there were more to hand out.
    await world.server.db.updateTable('broadcasts').set({ state: 'running' }).execute();
    const parts = await pending();
    const [paused, ...begun] = await Promise.all([
      act(id, 'pause'),
      ...parts.map((part) => begin(part).catch((error: unknown) => error)),
    ]);
    expect(paused.state).toBe('paused');
    expect(begun.filter((one) => one !== true && !(one instanceof CalledBack))).toEqual([]);
    const sending = begun.filter((one) => one === true).length;
    expect(await progressOf(id)).toMatchObject({ queued: sending, held: 40 - sending });
  });
});
