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

    describe('with something on its way', () => {
      const textsOf = async (userId: string) =>
        (
          await database.db
            .selectFrom('outbound_parts')
            .select(['text', 'state'])
            .where('user_id', '=', userId)
            .orderBy('id')
            .execute()
        ).map((part) => `${part.text}: ${part.state}`);
      async function joined() {
        await accept(metaText([oldPhone, oldId], 'before'), metaText([newPhone, newId], 'hello'));
        const [ana, other] = await people();
        if (!ana || !other) throw new Error('there should be two');
        const begun = await work.run(async (stores) => {
          const [stored] = await stores.inbox.undecided(other.id);
          if (!stored) throw new Error('nothing was stored');
          await stores.outbox.queueNotice(stored, ['begun', 'after it']);
          await stores.outbox.queueNotice(stored, ['queued']);
          await stores.outbox.queueNotice(stored, ['held']);
          const [first, , , last] = await stores.outbox.pending(other.id);
          if (!first || !last) throw new Error('nothing is pending');
          await stores.window.hold(last, { code: 'outside_window', words: 'waits' });
          await stores.window.markHeld(other.id, { isTold: true });
          await stores.outbox.sending(first);
          return { ...first, state: 'sending', attempts: 1 } as const;
        });
        await accept(changed([oldPhone, oldId], [newPhone, newId]));
        return { ana, other, begun };
      }

      it('takes it along, except for what is being sent and the rest of its message', async () => {
        const { ana, other, begun } = await joined();
        expect(await textsOf(other.id)).toEqual(['begun: sending', 'after it: queued']);
        expect(await textsOf(ana.id)).toEqual(['queued: queued', 'held: held']);
        await work.run((stores) => stores.outbox.sent(begun, 'id 1'));
        expect(await textsOf(ana.id)).toEqual(['begun: sent', 'queued: queued', 'held: held']);
        const [reported] = await work.run(async (stores) => [
          ...(
            await stores.deliveries.find([
              { channel: 'meta', providerId: 'id 1', state: 'delivered', at: clock.now() },
            ])
          ).values(),
        ]);
        expect(reported?.userId).toBe(ana.id);
      });

      it('sends nothing of it after a STOP', async () => {
        const { ana, other, begun } = await joined();
        await work.run((stores) => stores.consents.stop(ana.id, { source: 'message' }));
        expect(await textsOf(ana.id)).toEqual(['queued: failed', 'held: failed']);
        const [, next] = await work.run((stores) => stores.outbox.pending(other.id));
        if (!next) throw new Error('nothing is left');
        for (const part of [begun, next])
          await expect(work.run((stores) => stores.outbox.sending(part))).rejects.toMatchObject({
            code: 'opted_out',
          });
        expect(await work.run((stores) => stores.window.hasOptedOut(other.id))).toBe(true);
      });

      it('holds and releases it with everything else', async () => {
        const { ana, other, begun } = await joined();
        expect(await work.run((stores) => stores.window.lastWrote(other.id, 'meta'))).toBeDefined();
        const isFirst = await work.run(async (stores) => {
          await stores.window.hold(begun, { code: 'outside_window', words: 'waits' });
          return stores.window.markHeld(other.id, { isTold: true });
        });
        expect(isFirst).toBe(false);
        const address = { channel: 'meta', to: '1', from: '2', textUnits: 4096 } as const;
        await work.run((stores) => stores.window.release(ana.id, address));
        expect(await textsOf(ana.id)).toEqual(['begun: queued', 'queued: queued', 'held: queued']);
      });

      it('takes an answer along with its turn', async () => {
        await accept(metaText([oldPhone, oldId], 'before'), metaText([newPhone, newId], 'hello'));
        const [ana, other] = await people();
        const turn = await openTurn(other?.id ?? '');
        await work.run(async (stores) => {
          const { parts } = await stores.turns.answer(turn, { text: 'x y', parts: ['x', 'y'] });
          for (const part of parts.filter(({ isBegun }) => isBegun))
            await stores.outbox.queuedAgain(part, true);
        });
        await accept(changed([oldPhone, oldId], [newPhone, newId]));
        expect(await textsOf(ana?.id ?? '')).toEqual(['x: queued', 'y: queued']);
        const owners = await database.db.selectFrom('turns').select(['user_id', 'state']).execute();
        expect(owners).toEqual([{ user_id: ana?.id, state: 'answered' }]);
      });
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

    it('goes with the id when the number is somebody else’s by now', async () => {
      await accept(metaText([oldPhone], 'older, with the number'), metaText([oldId], 'with the id'));
      const [older, ana] = await people();
      clock.advance(30 * dayMs);
      await accept(changed([oldPhone, oldId], [newPhone, newId]));
      expect(await messagesOf(ana?.id ?? '')).toContain('');
      expect(await messagesOf(older?.id ?? '')).toEqual(['older, with the number']);
    });

    it('is told of somebody who had the old one only if that is not long ago', async () => {
      await accept(metaText([oldPhone, oldId], 'before'), changed([oldPhone, oldId], [newPhone, newId]));
      clock.advance(30 * dayMs);
      const third = phone('+15550003333');
      await accept(changed([oldPhone], [third]));
      expect((await people()).map((user) => user.phone_number)).toEqual(['+15550002222', '+15550003333']);
    });

    it('is not undone by an older notice', async () => {
      await accept(metaText([oldPhone, oldId], 'before'));
      clock.advance(60_000);
      const sentAtMs = clock.now().getTime();
      clock.advance(60_000);
      await accept(changed([oldPhone, oldId], [newPhone, newId]));
      const [ana] = await people();
      await accept(changed([oldPhone], [phone('+15550003333')], { sentAtMs }));
      expect((await people())[0]).toMatchObject({ id: ana?.id, phone_number: '+15550002222' });
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

    describe.each([
      ['Meta', metaText],
      [
        'Twilio',
        (sender: readonly Identity[], text: string) =>
          inboundText('', text, { sender, replyAddress: `whatsapp:${sender[0]?.value}` }),
      ],
    ] as const)('whose number comes over %s with an id that nobody has', (_channel, textOf) => {
      it('has lost it: who has it now is somebody new, and is let in where the list names the number', async () => {
        await accept(textOf([oldPhone, oldId], 'first'));
        clock.advance(90 * dayMs);
        const [accepted] = await accept(textOf([oldPhone, newId], 'second'));
        expect(accepted?.isAllowed).toBe(true);
        await accept(inboundText(oldPhone.value, 'second, by the number'), metaText([oldId], 'first again'));
        await work.run((stores) => stores.users.seed({ phones: [oldPhone.value], everyone: false }));
        const [first, second] = await people();
        expect([first, second]).toMatchObject([
          { phone_number: null, is_whitelisted: 1 },
          { phone_number: '+15550001111', is_whitelisted: 1 },
        ]);
        expect(await messagesOf(first?.id ?? '')).toEqual(['first', 'first again']);
        expect(await messagesOf(second?.id ?? '')).toEqual(['second', 'second, by the number']);
      });

      it('has lost it within a batch as well', async () => {
        await accept(textOf([oldPhone, oldId], 'first'), textOf([oldPhone, newId], 'second'));
        expect(await people()).toMatchObject([{ phone_number: null }, { phone_number: '+15550001111' }]);
      });

      it('is the same person when no id of theirs was known', async () => {
        await accept(inboundText(oldPhone.value, 'first'), textOf([oldPhone, newId], 'with an id'));
        expect(await only()).toMatchObject({ phone_number: '+15550001111', is_whitelisted: 1 });
      });
    });

    it('gets the number back when it comes with the first id again', async () => {
      await accept(metaText([oldPhone, oldId], 'Meta'), metaText([oldPhone, newId], 'Meta, another id'));
      expect(await people()).toHaveLength(2);
      await accept(metaText([oldPhone, oldId], 'Meta again'));
      expect((await people()).map((user) => user.phone_number)).toEqual(['+15550001111', null]);
    });

    it('is no longer written to at a number they have lost, on any channel', async () => {
      await accept(inboundText(oldPhone.value, 'Twilio'), metaText([oldPhone, oldId], 'Meta'));
      const { id: userId } = await only();
      await work.run(async (stores) => {
        for (const channel of ['twilio', 'meta', 'twilio'] as const) {
          const replyAddress = channel === 'meta' ? '15550001111' : 'whatsapp:+15550001111';
          await stores.outbox.queueNotice({ userId, channel, replyAddress, ownAddress: 'us' }, ['hi']);
        }
      });
      const [first, , last] = await database.db
        .selectFrom('outbound_parts')
        .select('id')
        .orderBy('id')
        .execute();
      const become = (id: string | undefined, state: 'held' | 'sending') =>
        database.db
          .updateTable('outbound_parts')
          .set({ state })
          .where('id', '=', id ?? '')
          .execute();
      await become(first?.id, 'held');
      await become(last?.id, 'sending');
      await accept(metaText([oldPhone, newId], 'somebody else'));
      const parts = await database.db
        .selectFrom('outbound_parts')
        .select(['state', 'to_address'])
        .orderBy('id')
        .execute();
      expect(parts).toEqual([
        { state: 'held', to_address: `whatsapp:${oldId.value}` },
        { state: 'queued', to_address: oldId.value },
        { state: 'sending', to_address: 'whatsapp:+15550001111' },
      ]);
      const addresses = await work.run((stores) => stores.outreach.addresses(userId));
      expect(addresses.map(({ to }) => to).sort()).toEqual([oldId.value, `whatsapp:${oldId.value}`]);
      const other = await work.run((stores) =>
        stores.outbox.otherAddress(userId, { channels: ['twilio'], since: new Date(0) }),
      );
      expect(other?.to).toBe(`whatsapp:${oldId.value}`);
    });

    it('gets nothing more where no address is left', async () => {
      await accept(metaText([newPhone], 'of somebody else'));
      const { id: userId } = await only();
      clock.advance(30 * dayMs);
      await work.run((stores) =>
        stores.outbox.queueNotice(
          { userId, channel: 'meta', replyAddress: '15550002222', ownAddress: 'us' },
          ['hi'],
        ),
      );
      await accept(metaText([oldPhone, oldId], 'before'), changed([oldPhone, oldId], [newPhone, newId]));
      const parts = await database.db
        .selectFrom('outbound_parts')
        .select(['state', 'error_code', 'error_reason'])
        .execute();
      expect(parts).toEqual([
        { state: 'failed', error_code: 'address_retired', error_reason: expect.stringMatching(/reached/) },
      ]);
      expect(await work.run((stores) => stores.outreach.addresses(userId))).toEqual([]);
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
