import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createUnitOfWork } from '#src/adapters/store/unit-of-work.ts';
import { newUuid } from '#src/adapters/system/new-id.ts';
import type { PastMessage, UnitOfWork } from '#src/ports/stores.ts';
import { engines, openTestDatabase } from '#tests/support/engines.ts';
import { inboundText } from '#tests/support/inbound.ts';
import { createTestClock } from '#tests/support/test-clock.ts';

describe.each(engines)('the history of a conversation on %s', (engine) => {
  let database: Awaited<ReturnType<typeof openTestDatabase>>;
  let work: UnitOfWork;
  const clock = createTestClock();

  beforeEach(async () => {
    database = await openTestDatabase(engine);
    work = createUnitOfWork({ db: database.db, clock, newId: newUuid });
  });
  afterEach(() => database[Symbol.asyncDispose]());

  /** One turn from its messages to its last part; resolves with the history it saw. */
  async function exchange(
    said: readonly string[],
    answer: string,
    historyFrom?: string,
  ): Promise<PastMessage[]> {
    clock.advance(1_000);
    return work.run(async (stores) => {
      const texts = said.map((text) => inboundText('+15550001111', text));
      const accepted = await stores.inbox.accept(texts, () => true);
      const messageIds = accepted.map(({ messageId }) => messageId);
      const userId = accepted[0]?.userId ?? '';
      const conversationId = await stores.conversations.active(userId);
      await stores.turns.open({ userId, conversationId, messageIds });
      const turn = await stores.turns.next(userId);
      if (!turn) throw new Error('no turn is open');
      const history = await stores.conversations.history(conversationId, { beforeTurn: turn.id, limit: 4 });
      const { parts } = await stores.turns.answer(turn, { text: answer, parts: [answer], historyFrom });
      for (const part of parts) await stores.outbox.sent(part, newUuid());
      await stores.turns.finish(turn.id, {});
      return history;
    });
  }

  it('says of each answer which message the history of its prompt began with', async () => {
    expect(await exchange(['one', 'two'], 'Two.')).toEqual([]);
    const [first] = await exchange(['three'], 'Three.', 'the first message');
    expect(first).toMatchObject({ fromPerson: true, text: 'one' });
    expect(first?.historyFrom).toBeUndefined();
    const seen = await exchange(['four'], 'Four.', first?.id);
    expect(seen.map(({ text, historyFrom }) => [text, historyFrom])).toEqual([
      ['two', undefined],
      ['Two.', undefined],
      ['three', undefined],
      ['Three.', 'the first message'],
    ]);
    expect(await exchange(['five'], 'Five.')).toContainEqual(
      expect.objectContaining({ text: 'Four.', historyFrom: first?.id }),
    );
  });
});
