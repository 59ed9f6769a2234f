import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createUnitOfWork } from '#src/adapters/store/unit-of-work.ts';
import { newUuid } from '#src/adapters/system/new-id.ts';
import type { Identity } from '#src/domain/identity.ts';
import type { InboundMessage } from '#src/domain/message.ts';
import type { UnitOfWork } from '#src/ports/stores.ts';
import { engines, openTestDatabase } from '#tests/support/engines.ts';
import { bsuid, changed, metaText, phone } from '#tests/support/identities.ts';
import { inboundText } from '#tests/support/inbound.ts';
import { createTestClock } from '#tests/support/test-clock.ts';

const oldPhone = phone('+15550001111');
const newPhone = phone('+15550002222');
const oldId = bsuid('US.11111111111111');
const newId = bsuid('US.22222222222222');
const thirdId = bsuid('US.33333333333333');

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
  const seed = () => work.run((stores) => stores.users.seed({ phones: [oldPhone.value], everyone: false }));
  const people = () =>
    database.db.selectFrom('users').selectAll().where('erased_at', 'is', null).orderBy('id').execute();
  const textsOf = async (userId: string | undefined) =>
    (
      await database.db
        .selectFrom('messages')
        .select('content')
        .where('user_id', '=', userId ?? '')
        .where('content', '!=', '')
        .orderBy('id')
        .execute()
    ).map((row) => row.content);
  /** Somebody who moves, told without any id: the form of Meta's own sample. */
  const notice = (more: Partial<InboundMessage> = {}) => changed([oldPhone], [newPhone], more);
  const minutesLater = () => {
    clock.advance(60_000);
    return clock.now().getTime();
  };

  /** Ana is one person with all she said, and on the list, also after a start; whoever has her old number is neither. */
  async function expectAna(said: readonly string[], others: readonly string[][] = []) {
    for (const isSeeded of [false, true]) {
      if (isSeeded) await seed();
      const [ana, ...rest] = await people();
      expect(ana).toMatchObject({ phone_number: newPhone.value, is_whitelisted: 1 });
      expect(await textsOf(ana?.id)).toEqual(said);
      expect(rest.map((user) => user.is_whitelisted)).toEqual(others.map(() => 0));
      expect(await Promise.all(rest.map((user) => textsOf(user.id)))).toEqual(others);
    }
  }

  describe('a notice of a new number that names no ids', () => {
    it('comes before the first message from it', async () => {
      await accept(metaText([oldPhone, oldId], 'before'));
      await accept(notice());
      await accept(metaText([newPhone, newId], 'after'), metaText([newId], 'hidden'));
      await accept(inboundText(newPhone.value, 'on Twilio'));
      await expectAna(['before', 'after', 'hidden', 'on Twilio']);
      await accept(metaText([oldPhone, thirdId], 'who has it now'), inboundText(oldPhone.value, 'again'));
      await expectAna(['before', 'after', 'hidden', 'on Twilio'], [['who has it now', 'again']]);
    });

    it('comes in one batch with messages before and after it', async () => {
      await accept(metaText([oldPhone, oldId], 'before'), notice(), metaText([newPhone, newId], 'after'));
      await expectAna(['before', 'after']);
    });

    it('comes after the first message from it', async () => {
      await accept(metaText([oldPhone, oldId], 'before'));
      await accept(metaText([newPhone, newId], 'from the new number'));
      await accept(notice());
      await accept(metaText([newPhone, newId], 'after'));
      await expectAna(['before', 'from the new number', 'after']);
      await accept(metaText([newPhone, thirdId], 'who has the new number by now'));
      expect((await people()).map((user) => user.phone_number)).toEqual([null, newPhone.value]);
    });

    it('comes after a message whose number was hidden', async () => {
      await accept(metaText([oldPhone, oldId], 'before'));
      await accept(metaText([newId], 'hidden'));
      await accept(notice());
      await accept(metaText([newPhone, newId], 'after'));
      await expectAna(['before', 'hidden', 'after']);
    });

    it('comes twice, before and after the first message', async () => {
      await accept(metaText([oldPhone, oldId], 'before'));
      const sentAtMs = minutesLater();
      await accept(notice({ sentAtMs }));
      await accept(notice({ sentAtMs }));
      minutesLater();
      await accept(metaText([newPhone, newId], 'after'));
      await accept(notice({ sentAtMs }));
      await accept(metaText([newPhone, newId], 'again'));
      await expectAna(['before', 'after', 'again']);
    });

    it('comes again when somebody else has the old number', async () => {
      await accept(metaText([oldPhone, oldId], 'before'));
      const sentAtMs = minutesLater();
      await accept(notice({ sentAtMs }));
      minutesLater();
      await accept(metaText([oldPhone, thirdId], 'somebody else'), metaText([newPhone, newId], 'after'));
      await accept(notice({ sentAtMs }));
      await expectAna(['before', 'after'], [['somebody else']]);
    });

    it.each([[[oldPhone]], [[oldPhone, oldId]]])(
      'comes when somebody else has shown the old number already (%#)',
      async (previous) => {
        await accept(metaText([oldPhone, oldId], 'before'));
        const sentAtMs = minutesLater();
        minutesLater();
        const [other] = await accept(metaText([oldPhone, thirdId], 'somebody else'));
        // Nothing tells yet that it is not the number's owner with a new account.
        expect(other?.isAllowed).toBe(true);
        await accept(metaText([newPhone, newId], 'from the new number'));
        await accept(changed(previous, [newPhone], { sentAtMs }));
        await accept(metaText([newPhone, newId], 'after'), metaText([oldPhone, thirdId], 'again'));
        await expectAna(['before', 'from the new number', 'after'], [['somebody else', 'again']]);
      },
    );

    it('does not take what was said before to somebody new when it comes late', async () => {
      await accept(metaText([oldPhone, oldId], 'before'));
      const sentAtMs = minutesLater();
      minutesLater();
      await accept(notice());
      await accept(metaText([oldPhone, oldId], 'late', { sentAtMs }));
      await accept(inboundText('', 'late on Twilio', { sender: [oldPhone, oldId] }));
      await accept(inboundText(oldPhone.value, 'who has it now'));
      await accept(metaText([newPhone, oldId], 'the id is the old one'));
      await expectAna(['before', 'late', 'late on Twilio', 'the id is the old one'], [['who has it now']]);
    });
  });

  it('a number that comes with another id is its new owner’s, unless the owner before was told to have moved', async () => {
    await accept(metaText([oldPhone, oldId], 'first'), metaText([oldPhone, newId], 'second'));
    await accept(changed([oldPhone, newId], [newPhone]));
    await accept(metaText([oldPhone, thirdId], 'third'));
    await seed();
    expect((await people()).map((user) => [user.phone_number, user.is_whitelisted])).toEqual([
      [null, 1],
      [newPhone.value, 1],
      [oldPhone.value, 0],
    ]);
  });

  it.each([{ is_active: 0 }, { is_whitelisted: 0, access_decided_by: 'owner' }] as const)(
    'a new account with a number of the list is no way around the owner’s word (%o)',
    async (word) => {
      await accept(metaText([oldPhone, oldId], 'barred'));
      await database.db.updateTable('users').set(word).execute();
      const [other] = await accept(metaText([oldPhone, newId], 'a new account'));
      expect(other?.isAllowed).toBe(false);
      await seed();
      expect((await people())[1]).toMatchObject({ phone_number: oldPhone.value, is_whitelisted: 0 });
    },
  );

  it.each([
    ['with ids', [oldPhone, oldId], [newPhone, newId]],
    ['without', [oldPhone], [newPhone]],
  ] as const)(
    'an answer that was being written when the number changed goes to the new one, told %s',
    async (_how, previous, current) => {
      await accept(metaText([oldPhone, oldId], 'one'), metaText([oldPhone, oldId], 'two'));
      const [ana] = await people();
      const userId = ana?.id ?? '';
      const turn = await work.run(async (stores) => {
        const conversationId = await stores.conversations.active(userId);
        const messageIds = (await stores.inbox.undecided(userId)).map((message) => message.id);
        await stores.turns.open({ userId, conversationId, messageIds });
        return stores.turns.next(userId);
      });
      if (!turn) throw new Error('the turn is gone');
      await accept(changed(previous, current));
      const { parts } = await work.run((stores) =>
        stores.turns.answer(turn, { text: 'x y', parts: ['x', 'y'] }),
      );
      expect(parts.map(({ to }) => to)).toEqual(['15550002222', '15550002222']);
      const stored = await database.db.selectFrom('outbound_parts').select('to_address').execute();
      expect(stored.map((part) => part.to_address)).toEqual(['15550002222', '15550002222']);
    },
  );
});
