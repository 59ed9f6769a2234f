import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createUnitOfWork } from '#src/adapters/store/unit-of-work.ts';
import { newUuid } from '#src/adapters/system/new-id.ts';
import type { InboundMessage } from '#src/domain/message.ts';
import type { Turn } from '#src/domain/turn.ts';
import type { UnitOfWork } from '#src/ports/stores.ts';
import { engines, openTestDatabase } from '#tests/support/engines.ts';
import { metaText, phone } from '#tests/support/identities.ts';
import { createTestClock } from '#tests/support/test-clock.ts';

const ana = [phone('+15550001111')];
const bo = [phone('+15550002222')];

const edits = (original: InboundMessage, text: string, more: Partial<InboundMessage> = {}) =>
  metaText(original.sender, text, {
    change: { kind: 'edit', originalProviderId: original.providerId },
    ...more,
  });
const revokes = (original: InboundMessage, more: Partial<InboundMessage> = {}) =>
  metaText(original.sender, '', {
    type: 'unsupported',
    change: { kind: 'revoke', originalProviderId: original.providerId },
    ...more,
  });

describe.each(engines)('on %s', (engine) => {
  let database: Awaited<ReturnType<typeof openTestDatabase>>;
  let work: UnitOfWork;

  beforeEach(async () => {
    database = await openTestDatabase(engine);
    work = createUnitOfWork({ db: database.db, clock: createTestClock(), newId: newUuid });
  });
  afterEach(() => database[Symbol.asyncDispose]());

  const accept = (...messages: InboundMessage[]) =>
    work.run((stores) => stores.inbox.accept(messages, () => true));
  const userId = async () =>
    (await database.db.selectFrom('users').select('id').orderBy('id').executeTakeFirstOrThrow()).id;
  const undecided = async () => {
    const id = await userId();
    const messages = await work.run((stores) => stores.inbox.undecided(id));
    return messages.map((message) => message.text);
  };
  const begin = async (): Promise<Turn> => {
    const id = await userId();
    return work.run(async (stores) => {
      const conversationId = await stores.conversations.active(id);
      const messageIds = (await stores.inbox.undecided(id)).map((message) => message.id);
      await stores.turns.open({ userId: id, conversationId, messageIds });
      const turn = await stores.turns.next(id);
      if (!turn) throw new Error('the turn is gone');
      return turn;
    });
  };
  const answer = (turn: Turn) =>
    work.run((stores) => stores.turns.answer(turn, { text: 'an answer', parts: ['an answer'] }));
  const history = async (turn: Turn) => {
    const { conversationId } = turn;
    const beforeTurn = newUuid();
    const past = await work.run((stores) =>
      stores.conversations.history(conversationId, { beforeTurn, limit: 9 }),
    );
    return past.map((message) => message.text);
  };

  describe('an edit', () => {
    it('before anybody looked is what was said', async () => {
      const original = metaText(ana, 'helo');
      await accept(original, edits(original, 'hello'));
      expect(await undecided()).toEqual(['hello']);
    });

    it('while the answer is being written has it written anew', async () => {
      const original = metaText(ana, 'helo');
      await accept(original, metaText(ana, 'and this'));
      const turn = await begin();
      await accept(edits(original, 'hello'));
      expect(await answer(turn)).toEqual({ parts: [], turn: undefined });
      expect(await undecided()).toEqual(['hello', 'and this']);
      const again = await begin();
      await answer(again);
      expect(await history(again)).toEqual(['hello', 'and this', 'an answer']);
    });

    it('of what was answered changes the history and is not answered', async () => {
      const original = metaText(ana, 'helo');
      await accept(original);
      const turn = await begin();
      await answer(turn);
      const edit = edits(original, 'hello');
      await accept(edit);
      expect(await accept(edit)).toEqual([]);
      expect(await undecided()).toEqual([]);
      expect(await history(turn)).toEqual(['hello', 'an answer']);
    });

    it('counts by when it was made, not by when it comes', async () => {
      const original = metaText(ana, 'one');
      await accept(original);
      await accept(
        edits(original, 'three', { sentAtMs: 3_000 }),
        edits(original, 'two', { sentAtMs: 2_000 }),
      );
      expect(await undecided()).toEqual(['three']);
    });

    it("of somebody else's message, or of one that nobody knows, changes nothing", async () => {
      const original = metaText(ana, 'mine');
      await accept(original, edits(original, 'yours', { sender: bo }));
      await accept(edits(metaText(ana, 'never came'), 'edited'));
      expect(await undecided()).toEqual(['mine']);
    });
  });

  describe('a revocation', () => {
    const photo = { ref: 'media-1', declaredType: 'image/jpeg', fileName: 'photo.jpg' };

    it('before anybody looked leaves nothing to answer', async () => {
      const original = metaText(ana, 'oops', { attachments: [photo] });
      await accept(original, revokes(original));
      expect(await undecided()).toEqual([]);
      const row = await database.db
        .selectFrom('messages')
        .select(['content', 'media', 'is_processed'])
        .where('provider_id', '=', original.providerId)
        .executeTakeFirst();
      expect(row).toEqual({ content: '', media: '[]', is_processed: 1 });
      expect(await accept(original)).toEqual([]);
    });

    it('ends the turn that was to answer it, and leaves the rest to the next one', async () => {
      const original = metaText(ana, 'oops');
      await accept(original, metaText(ana, 'this stays'));
      const turn = await begin();
      await accept(revokes(original));
      expect(await answer(turn)).toEqual({ parts: [], turn: undefined });
      expect(await undecided()).toEqual(['this stays']);
      expect((await begin()).messages.map((message) => message.text)).toEqual(['this stays']);
    });

    it('ends a turn of which nothing is left, silently', async () => {
      const original = metaText(ana, 'oops');
      await accept(original);
      const turn = await begin();
      await accept(revokes(original), edits(original, 'too late'));
      expect(await answer(turn)).toEqual({ parts: [], turn: undefined });
      const id = await userId();
      expect(await work.run((stores) => stores.turns.next(id))).toBeUndefined();
      expect(await undecided()).toEqual([]);
      expect(await database.db.selectFrom('outbound_parts').select('id').execute()).toEqual([]);
    });

    it('empties what was read in a file, and has the file removed by the next cleaning', async () => {
      const original = metaText(ana, 'look', { attachments: [photo] });
      await accept(original);
      const turn = await begin();
      const file = turn.messages[0]?.attachments[0];
      if (!file) throw new Error('there should be a file');
      const fetched = {
        path: 'a/photo.jpg',
        bytes: 9,
        sniffed: { kind: 'image', mimeType: 'image/jpeg', extension: 'jpg' },
        mislabelled: false,
      } as const;
      await work.run((stores) => stores.attachments.fetched(file.id, fetched));
      await accept(revokes(original));
      // Somebody was looking at it.
      await work.run((stores) =>
        stores.attachments.read(file.id, {
          reading: { kind: 'image', description: 'a secret', format: 'image/jpeg', width: 1, height: 1 },
          usage: [],
          userId: turn.userId,
          turnId: turn.id,
          ms: 1,
        }),
      );
      const row = await database.db
        .selectFrom('attachments')
        .select(['reading', 'extracted_text', 'file_name'])
        .executeTakeFirst();
      expect(row).toEqual({ reading: null, extracted_text: null, file_name: null });
      const longAgo = new Date('2020-01-01T00:00:00.000Z');
      expect(await work.run((stores) => stores.attachments.olderThan(longAgo, 9))).toEqual([
        { id: file.id, path: 'a/photo.jpg' },
      ]);
    });
  });
});
