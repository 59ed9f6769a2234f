import type { Kysely } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { up } from '#src/adapters/store/migrations/0016-sightings.ts';
import { createUnitOfWork } from '#src/adapters/store/unit-of-work.ts';
import { newUuid } from '#src/adapters/system/new-id.ts';
import type { Identity } from '#src/domain/identity.ts';
import type { InboundMessage } from '#src/domain/message.ts';
import type { UnitOfWork } from '#src/ports/stores.ts';
import { engines, openTestDatabase } from '#tests/support/engines.ts';
import { bsuid, changed, metaText, phone } from '#tests/support/identities.ts';
import { inboundText } from '#tests/support/inbound.ts';
import { createTestClock } from '#tests/support/test-clock.ts';

const number = phone('+15550001111');
const newNumber = phone('+15550002222');
const metaId = bsuid('US.meta1');
const twilioId = bsuid('US.twilio1');
const otherId = bsuid('US.other1');

const twilioText = (sender: readonly Identity[], text: string, more: Partial<InboundMessage> = {}) =>
  inboundText('', text, { sender, replyAddress: `whatsapp:${sender[0]?.value}`, ...more });

describe.each(engines)('on %s', (engine) => {
  let database: Awaited<ReturnType<typeof openTestDatabase>>;
  let work: UnitOfWork;

  beforeEach(async () => {
    database = await openTestDatabase(engine);
    work = createUnitOfWork({ db: database.db, clock: createTestClock(), newId: newUuid });
  });
  afterEach(() => database[Symbol.asyncDispose]());

  const listed = (sender: readonly Identity[]) => sender.some(({ value }) => value === number.value);
  const accept = (...messages: InboundMessage[]) =>
    work.run((stores) => stores.inbox.accept(messages, listed));
  const people = () =>
    database.db.selectFrom('users').selectAll().where('erased_at', 'is', null).orderBy('id').execute();
  const placesOf = async ({ value }: Identity) =>
    (
      await database.db
        .selectFrom('user_identities')
        .select('places')
        .where('value', '=', value)
        .executeTakeFirstOrThrow()
    ).places?.split('\n');

  describe('ids of several portfolios', () => {
    it('are those of one person, each on its channel', async () => {
      await accept(twilioText([number, twilioId], 'on Twilio'));
      await accept(metaText([number, metaId], 'on Meta'));
      await accept(twilioText([number, twilioId], 'on Twilio again'), metaText([metaId], 'hidden'));
      await accept(twilioText([twilioId], 'hidden as well'));
      const [ana, ...others] = await people();
      expect(others).toEqual([]);
      expect(ana).toMatchObject({ phone_number: number.value, is_whitelisted: 1 });
      expect([await placesOf(twilioId), await placesOf(metaId)]).toEqual([
        ['twilio whatsapp:+14155238886'],
        ['meta 106540352242922'],
      ]);
    });

    it('are those of one person within a batch, and when the hidden one was first', async () => {
      await accept(metaText([metaId], 'hidden'));
      await accept(twilioText([number, twilioId], 'on Twilio'), metaText([number, metaId], 'on Meta'));
      expect(await people()).toHaveLength(1);
    });

    it('are those of one person when our own number is another one', async () => {
      await accept(twilioText([number, twilioId], 'to the sandbox'));
      await accept(twilioText([number, otherId], 'to our number', { ownAddress: 'whatsapp:+15559990000' }));
      expect(await people()).toHaveLength(1);
    });

    it('do not hide that the number is somebody else’s on one of the channels', async () => {
      await accept(twilioText([number, twilioId], 'on Twilio'), metaText([number, metaId], 'on Meta'));
      await accept(metaText([number, otherId], 'somebody else'));
      expect((await people()).map((user) => user.phone_number)).toEqual([null, number.value]);
    });

    it('all end with the number', async () => {
      await accept(twilioText([number, twilioId], 'on Twilio'), metaText([number, metaId], 'on Meta'));
      await accept(changed([number, metaId], [newNumber, otherId]));
      await accept(twilioText([newNumber, bsuid('US.twilio2')], 'on Twilio, with the new number'));
      const [ana, ...others] = await people();
      expect(others).toEqual([]);
      expect(ana).toMatchObject({ phone_number: newNumber.value, is_whitelisted: 1 });
    });
  });

  describe('one id on both channels', () => {
    it('is one person, whose number is somebody else’s with another id on either', async () => {
      await accept(twilioText([number, metaId], 'on Twilio'), metaText([number, metaId], 'on Meta'));
      await accept(metaText([number, metaId], 'on Meta again'));
      expect(await people()).toHaveLength(1);
      expect(await placesOf(metaId)).toEqual(['twilio whatsapp:+14155238886', 'meta 106540352242922']);
      await accept(metaText([number, otherId], 'somebody else'));
      expect(await people()).toHaveLength(2);
    });
  });

  it('ids from before this was noted count on Twilio, or everywhere', async () => {
    await accept(
      twilioText([number, twilioId], 'long ago'),
      metaText([newNumber, metaId], 'not so long ago'),
    );
    const { db } = database;
    await db.schema.alterTable('user_identities').dropColumn('places').execute();
    await db.schema.alterTable('past_identities').dropColumn('is_taken').execute();
    await db
      .updateTable('user_identities')
      .set({ channel: null })
      .where('value', '=', twilioId.value)
      .execute();
    await up(db as unknown as Kysely<unknown>);
    expect([await placesOf(twilioId), await placesOf(metaId)]).toEqual([['twilio'], undefined]);
    await accept(metaText([number, otherId], 'the first one, on Meta'));
    expect(await people()).toHaveLength(2);
    await accept(twilioText([newNumber, bsuid('US.twilio2')], 'somebody else, as far as is known'));
    expect(await people()).toHaveLength(3);
    await accept(twilioText([number, twilioId], 'the first one again'));
    expect(await placesOf(twilioId)).toEqual(['twilio whatsapp:+14155238886']);
  });
});
