import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createUnitOfWork } from '#src/adapters/store/unit-of-work.ts';
import { newUuid } from '#src/adapters/system/new-id.ts';
import type { QueuedPart, Turn } from '#src/domain/turn.ts';
import type { Stores, UnitOfWork } from '#src/ports/stores.ts';
import { engines, openTestDatabase } from '#tests/support/engines.ts';
import { inboundText } from '#tests/support/inbound.ts';
import { createTestClock } from '#tests/support/test-clock.ts';

/** What a process may still do that was silent for so long that another one has taken over its work. */
describe.each(engines)('a process that comes back too late on %s', (engine) => {
  let database: Awaited<ReturnType<typeof openTestDatabase>>;
  let work: UnitOfWork;
  let userId: string;

  beforeEach(async () => {
    database = await openTestDatabase(engine);
    work = createUnitOfWork({ db: database.db, clock: createTestClock(), newId: newUuid });
    const [message] = await work.run((stores) =>
      stores.inbox.accept([inboundText('+15550001111', 'hello')], () => true),
    );
    userId = message?.userId ?? '';
  });
  afterEach(() => database[Symbol.asyncDispose]());

  async function authorize(stores: Stores, messageIds: readonly string[]): Promise<void> {
    const conversationId = await stores.conversations.active(userId);
    await stores.turns.open({ userId, conversationId, messageIds });
  }

  async function openTurn(): Promise<Turn> {
    await work.run(async (stores) =>
      authorize(
        stores,
        (await stores.inbox.undecided(userId)).map((message) => message.id),
      ),
    );
    return nextTurn();
  }

  async function nextTurn(): Promise<Turn> {
    const turn = await work.run((stores) => stores.turns.next(userId));
    if (!turn) throw new Error('no turn is open');
    return turn;
  }

  const pending = () => work.run((stores) => stores.outbox.pending(userId));

  async function answeredPart(): Promise<QueuedPart> {
    const turn = await openTurn();
    await work.run((stores) => stores.turns.answer(turn, { text: 'one two', parts: ['one', 'two'] }));
    const [part] = await pending();
    if (!part) throw new Error('nothing is queued');
    return part;
  }

  it('opens no second turn for the same messages', async () => {
    const seen = await work.run((stores) => stores.inbox.undecided(userId));
    await openTurn();
    const late = work.run((stores) =>
      authorize(
        stores,
        seen.map((message) => message.id),
      ),
    );
    await expect(late).rejects.toMatchObject({ code: 'lost_lease' });
    expect(await database.db.selectFrom('turns').select('id').execute()).toHaveLength(1);
  });

  it('stores no second answer', async () => {
    const turn = await openTurn();
    await work.run((stores) => stores.turns.answer(turn, { text: 'first', parts: ['first'] }));
    const late = work.run((stores) => stores.turns.answer(turn, { text: 'second', parts: ['second'] }));
    await expect(late).rejects.toMatchObject({ code: 'lost_lease' });
    expect((await pending()).map((part) => part.text)).toEqual(['first']);
  });

  it('changes no part that has gone on without it', async () => {
    const part = await answeredPart();
    // Whoever stores an answer has begun its first part.
    expect(part).toMatchObject({ state: 'sending', attempts: 1 });
    const notBegun = { id: part.id, state: 'queued' as const, attempts: 0 };
    expect(await work.run((stores) => stores.outbox.sending(notBegun))).toBe(false);
    const mine = { id: part.id, state: 'sending' as const, attempts: 1 };
    expect(await work.run((stores) => stores.outbox.sending(mine))).toBe(true);
    for (const late of [
      (stores: Stores) => stores.outbox.queuedAgain(mine),
      (stores: Stores) => stores.outbox.sent(mine, 'SM-late'),
      (stores: Stores) => stores.outbox.failed(mine, 'late'),
    ]) {
      expect(await work.run(late)).toBe(false);
    }
    expect((await pending()).map((one) => [one.text, one.state, one.attempts])).toEqual([
      ['one', 'sending', 2],
      ['two', 'queued', 0],
    ]);
    const theirs = { ...mine, attempts: 2 };
    expect(await work.run((stores) => stores.outbox.sent(theirs, 'SM1'))).toBe(true);
    expect(await work.run((stores) => stores.outbox.sent(theirs, 'SM2'))).toBe(false);
  });

  it('ends a part with all that follow it, once', async () => {
    const part = await answeredPart();
    expect(await work.run((stores) => stores.outbox.failed(part, '63016'))).toBe(true);
    expect(await work.run((stores) => stores.outbox.failed(part, '63016'))).toBe(false);
    expect(await pending()).toEqual([]);
    const message = await database.db
      .selectFrom('messages')
      .select('error_message')
      .where('direction', '=', 'outbound')
      .executeTakeFirst();
    expect(message?.error_message).toBe('not delivered: 63016');
  });

  it('ends no turn whose parts are still on their way, and none twice', async () => {
    await answeredPart();
    const turn = await nextTurn();
    const finish = () => work.run((stores) => stores.turns.finish(turn.id, {}));
    expect(await finish()).toBeUndefined();
    for (const part of await pending())
      await work.run((stores) => stores.outbox.sent(part, `SM-${part.text}`));
    expect(await finish()).toMatchObject({ parts: 2 });
    expect(await finish()).toBeUndefined();
  });

  it('keeps with a message until when it was too much', async () => {
    const until = new Date('2026-11-21T10:01:00.000Z');
    const [message] = await work.run((stores) => stores.inbox.undecided(userId));
    await work.run((stores) => stores.inbox.limit(new Map([[message?.id ?? '', until]])));
    const [limited] = await work.run((stores) => stores.inbox.undecided(userId));
    expect(limited?.limitedUntil).toEqual(until);
  });
});
