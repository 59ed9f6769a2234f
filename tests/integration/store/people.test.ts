import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createUnitOfWork } from '#src/adapters/store/unit-of-work.ts';
import { newUuid } from '#src/adapters/system/new-id.ts';
import type { Identity } from '#src/domain/identity.ts';
import type { InboundMessage } from '#src/domain/message.ts';
import type { UnitOfWork } from '#src/ports/stores.ts';
import { engines, openTestDatabase } from '#tests/support/engines.ts';
import { bsuid, changed, metaText, phone, username } from '#tests/support/identities.ts';
import { inboundText } from '#tests/support/inbound.ts';
import { createTestClock } from '#tests/support/test-clock.ts';

const oldPhone = phone('+15550001111');
const newPhone = phone('+15550002222');
const oldId = bsuid('US.11111111111111');
const newId = bsuid('US.22222222222222');
const dayMs = 24 * 60 * 60 * 1000;

describe.each(engines)('on %s', (engine) => {
  let database: Awaited<ReturnType<typeof openTestDatabase>>;
  let work: UnitOfWork;
  let clock: ReturnType<typeof createTestClock>;

  beforeEach(async () => {
    database = await openTestDatabase(engine);
    clock = createTestClock();
    work = createUnitOfWork({ db: database.db, clock, newId: newUuid });
  });
  afterEach(() => database[Symbol.asyncDispose]());

  const listed = (sender: readonly Identity[]) =>
    sender.some(({ kind, value }) => kind === 'phone' && value === oldPhone.value);
  const accept = (...messages: InboundMessage[]) =>
    work.run((stores) => stores.inbox.accept(messages, listed));
  const people = () =>
    database.db.selectFrom('users').selectAll().where('erased_at', 'is', null).orderBy('id').execute();
  const messagesOf = async (userId: string) =>
    (
      await database.db
        .selectFrom('messages')
        .select(['content', 'user_id'])
        .where('user_id', '=', userId)
        .orderBy('id')
        .execute()
    ).map((row) => row.content);
  const openTurn = async (userId: string) =>
    work.run(async (stores) => {
      const conversationId = await stores.conversations.active(userId);
      const messageIds = (await stores.inbox.undecided(userId)).map((message) => message.id);
      await stores.turns.open({ userId, conversationId, messageIds });
      const turn = await stores.turns.next(userId);
      if (!turn) throw new Error('the turn is gone');
      return turn;
    });
  const only = async () => {
    const [person, ...others] = await people();
    expect(others).toEqual([]);
    if (!person) throw new Error('nobody is known');
    return person;
  };

  describe('a new number', () => {
    it('keeps the person with history and access; the old number is nobody any more', async () => {
      await accept(metaText([oldPhone, oldId], 'before'));
      const change = changed([oldPhone, oldId], [newPhone, newId]);
      await accept(change);
      await accept(metaText([newPhone, newId], 'after'));
      const ana = await only();
      expect(ana).toMatchObject({ phone_number: '+15550002222', is_whitelisted: 1 });
      expect(await messagesOf(ana.id)).toEqual(['before', '', 'after']);

      // Repeated, weeks later.
      clock.advance(30 * dayMs);
      expect(await accept(change)).toEqual([]);
      await only();

      await accept(metaText([oldPhone, bsuid('US.33333333333333')], 'who has the number now'));
      const [first, stranger] = await people();
      expect(first?.id).toBe(ana.id);
      expect(stranger).toMatchObject({ phone_number: '+15550001111', is_whitelisted: 0 });
    });

    it('stays on the list at the next start, and whoever has the old number does not get on it', async () => {
      await accept(metaText([oldPhone, oldId], 'before'), changed([oldPhone, oldId], [newPhone, newId]));
      await accept(inboundText(oldPhone.value, 'somebody else'));
      await work.run((stores) => stores.users.seed({ phones: [oldPhone.value], everyone: false }));
      expect((await people()).map((user) => [user.phone_number, user.is_whitelisted])).toEqual([
        ['+15550002222', 1],
        ['+15550001111', 0],
      ]);
    });

    it('takes the old phone away although only ids are told', async () => {
      await accept(metaText([oldPhone, oldId], 'before'), changed([oldId], [newId]));
      expect((await only()).phone_number).toBeNull();
      await accept(inboundText(oldPhone.value, 'somebody else'));
      expect(await people()).toHaveLength(2);
    });

    it('in the middle of a batch', async () => {
      const accepted = await accept(
        metaText([oldPhone, oldId], 'one'),
        changed([oldPhone, oldId], [newPhone, newId]),
        metaText([newPhone, newId], 'two'),
      );
      expect(new Set(accepted.map((message) => message.userId)).size).toBe(1);
      expect(await messagesOf((await only()).id)).toEqual(['one', '', 'two']);
    });

    it('goes back to a number somebody had before', async () => {
      await accept(metaText([oldPhone, oldId], 'one'), changed([oldPhone, oldId], [newPhone, newId]));
      await accept(changed([newPhone, newId], [oldPhone, oldId]), inboundText(oldPhone.value, 'two'));
      expect(await only()).toMatchObject({ phone_number: '+15550001111', is_whitelisted: 1 });
    });

    it('answers what is unanswered where the person is now', async () => {
      await accept(metaText([oldPhone, oldId], 'question'), changed([oldPhone, oldId], [newPhone, newId]));
      const { id } = await only();
      const [question, ...others] = await work.run((stores) => stores.inbox.undecided(id));
      expect(others).toEqual([]);
      expect(question?.replyAddress).toBe('15550002222');
    });

    it('knows a message that was written before and comes after, and one that is repeated', async () => {
      const before = metaText([oldPhone], 'before');
      await accept(before);
      clock.advance(60_000);
      const sentAtMs = clock.now().getTime();
      await accept(changed([oldPhone], [newPhone, newId], { sentAtMs: sentAtMs + 1 }));
      clock.advance(60_000);
      expect(await accept(before)).toEqual([]);
      await accept(metaText([oldPhone], 'late', { sentAtMs }));
      const ana = await only();
      expect(await messagesOf(ana.id)).toEqual(['before', '', 'late']);
      const waiting = await work.run((stores) => stores.inbox.undecided(ana.id));
      expect(waiting.map((message) => message.replyAddress)).toEqual(['15550002222', '15550002222']);
    });

    it('makes one of two when they wrote from it before the notice came', async () => {
      await accept(metaText([oldPhone, oldId], 'before'));
      clock.advance(30 * dayMs);
      await accept(metaText([newPhone, newId], 'from the new number'));
      const [ana, other] = await people();
      if (!ana || !other) throw new Error('there should be two');
      const turn = await openTurn(other.id);
      const [accepted] = await accept(changed([oldPhone, oldId], [newPhone, newId]));
      expect(accepted?.userId).toBe(ana.id);
      expect(await only()).toMatchObject({ id: ana.id, phone_number: '+15550002222', is_whitelisted: 1 });
      expect(await messagesOf(ana.id)).toEqual(['before', 'from the new number', '']);
      // Whoever was writing the answer finds out, what it cost is kept, and it is written anew for the one person.
      const usage = {
        kind: 'reply',
        model: 'm',
        promptTokens: 1,
        cachedTokens: 0,
        completionTokens: 1,
        audioSeconds: 0,
        costMicros: 5,
      } as const;
      const outcome = await work.run((stores) =>
        stores.turns.answer(turn, { text: 'x', parts: ['x'], usage }),
      );
      expect(outcome).toEqual({ parts: [], turn: undefined });
      const undecided = await work.run((stores) => stores.inbox.undecided(ana.id));
      expect(undecided.map((message) => message.text)).toEqual(['before', 'from the new number']);
    });

    it('takes the number from somebody who has had it for long, without their history', async () => {
      await accept(metaText([newPhone], 'of somebody else'));
      clock.advance(30 * dayMs);
      await accept(metaText([oldPhone, oldId], 'before'), changed([oldPhone, oldId], [newPhone, newId]));
      const [other, ana] = await people();
      expect(other?.phone_number).toBeNull();
      expect(ana?.phone_number).toBe('+15550002222');
      expect(await messagesOf(ana?.id ?? '')).toEqual(['before', '']);
    });

    it('is no way around a block', async () => {
      await accept(metaText([oldPhone, oldId], 'before'), metaText([newPhone, newId], 'from the new number'));
      const [, other] = await people();
      await database.db
        .updateTable('users')
        .set({ is_active: 0 })
        .where('id', '=', other?.id ?? '')
        .execute();
      await accept(changed([oldPhone, oldId], [newPhone, newId]));
      expect((await only()).is_active).toBe(0);
    });

    it('of somebody nobody knows makes somebody new', async () => {
      await accept(changed([oldId], [newPhone, newId]));
      expect(await only()).toMatchObject({ phone_number: '+15550002222', is_whitelisted: 0 });
    });
  });

  describe('one person', () => {
    it('is one over both channels, by the number or the id', async () => {
      await accept(inboundText(oldPhone.value, 'Twilio, number'));
      await accept(metaText([oldPhone, oldId], 'Meta, both'), metaText([oldId], 'Meta, hidden'));
      await accept(inboundText('', 'Twilio, hidden', { sender: [oldId], replyAddress: 'whatsapp:US.1' }));
      const ana = await only();
      expect(await messagesOf(ana.id)).toHaveLength(4);
      const identities = await database.db
        .selectFrom('user_identities')
        .select('value')
        .where('user_id', '=', ana.id)
        .execute();
      expect(identities.map((row) => row.value).sort()).toEqual([oldPhone.value, oldId.value].sort());
    });

    it('becomes one when a message proves both the number and the id', async () => {
      await accept(inboundText(oldPhone.value, 'Twilio'));
      await accept(metaText([oldId], 'Meta, hidden'));
      const [ana] = await people();
      await accept(metaText([oldPhone, oldId], 'both'), metaText([oldId], 'again'));
      expect(await only()).toMatchObject({
        id: ana?.id,
        is_whitelisted: 1,
        phone_number: '+15550001111',
      });
      expect(await messagesOf(ana?.id ?? '')).toEqual(['Twilio', 'Meta, hidden', 'both', 'again']);
    });

    it('becomes one within a batch, in whatever order', async () => {
      await accept(inboundText(oldPhone.value, 'Twilio'));
      await accept(metaText([oldId], 'hidden'), metaText([oldPhone, oldId], 'both'));
      await only();
    });

    it('loses a number to whoever proves it with another id of the same channel', async () => {
      await accept(metaText([oldPhone, oldId], 'first'), metaText([newId], 'second'));
      await accept(metaText([oldPhone, newId], 'second, with the number'));
      expect((await people()).map((user) => user.phone_number)).toEqual([null, '+15550001111']);
      const [first, second] = await people();
      await accept(inboundText(oldPhone.value, 'who is it?'));
      expect(await messagesOf(first?.id ?? '')).toEqual(['first']);
      expect(await messagesOf(second?.id ?? '')).toHaveLength(3);
    });

    it('is never recognized by a username', async () => {
      await accept(
        metaText([oldId, username('ana.pm')], 'one'),
        metaText([newId, username('ana.pm')], 'two'),
      );
      expect((await people()).map((user) => user.username)).toEqual(['ana.pm', 'ana.pm']);
      await accept(metaText([oldId, username('ana.other')], 'three'));
      expect((await people())[0]?.username).toBe('ana.other');
    });

    it('brings along what it cost', async () => {
      await accept(inboundText(oldPhone.value, 'Twilio'), metaText([oldId], 'hidden'));
      const [ana, other] = await people();
      for (const person of [ana, other]) {
        const turn = await openTurn(person?.id ?? '');
        const usage = {
          kind: 'reply',
          model: 'm',
          promptTokens: 1,
          cachedTokens: 0,
          completionTokens: 1,
        } as const;
        await work.run((stores) =>
          stores.turns.answer(turn, {
            text: 'x',
            parts: ['x'],
            usage: { ...usage, audioSeconds: 0, costMicros: 5 },
          }),
        );
      }
      await work.run((stores) => stores.usage.sumEntries(100));
      await accept(metaText([oldPhone, oldId], 'both'));
      const day = clock.now().toISOString().slice(0, 10);
      const sums = await work.run(async (stores) => [
        (await stores.usage.ofUser(ana?.id ?? '', day)).costMicros,
        await stores.usage.totalMicros(day),
      ]);
      expect(sums).toEqual([10, 10]);
    });
  });
});
