import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createUnitOfWork } from '#src/adapters/store/unit-of-work.ts';
import { createLive } from '#src/adapters/system/live.ts';
import { newUuid } from '#src/adapters/system/new-id.ts';
import { settleEarlyCorrections } from '#src/bot/settle-corrections.ts';
import type { InboundMessage } from '#src/domain/message.ts';
import type { UnitOfWork } from '#src/ports/stores.ts';
import { engines, openTestDatabase } from '#tests/support/engines.ts';
import { bsuid, changed, metaText, phone } from '#tests/support/identities.ts';
import { createQuietLog } from '#tests/support/quiet-log.ts';
import { createTestClock, type TestClock } from '#tests/support/test-clock.ts';

const hourMs = 60 * 60_000;
const ana = [phone('+15550001111')];
const bo = [phone('+15550002222')];

const edits = (original: InboundMessage, text: string, more: Partial<InboundMessage> = {}) =>
  metaText(original.sender, text, {
    change: { kind: 'edit', originalProviderId: original.providerId },
    ...more,
  });
const revokes = (original: InboundMessage) =>
  metaText(original.sender, '', {
    type: 'unsupported',
    change: { kind: 'revoke', originalProviderId: original.providerId },
  });

describe.each(engines)('what comes before its original on %s', (engine) => {
  let database: Awaited<ReturnType<typeof openTestDatabase>>;
  let work: UnitOfWork;
  let clock: TestClock;

  beforeEach(async () => {
    database = await openTestDatabase(engine);
    clock = createTestClock();
    work = createUnitOfWork({ db: database.db, clock, newId: newUuid });
  });
  afterEach(() => database[Symbol.asyncDispose]());

  const accept = (...messages: InboundMessage[]) =>
    work.run((stores) => stores.inbox.accept(messages, () => true));
  const undecided = async () => {
    const users = await database.db.selectFrom('users').select('id').orderBy('id').execute();
    const messages = await work.run(async (stores) => {
      const all = [];
      for (const { id } of users) all.push(...(await stores.inbox.undecided(id)));
      return all;
    });
    return messages.map((message) => message.text);
  };
  const kept = () => database.db.selectFrom('early_corrections').selectAll().execute();
  const contents = async () =>
    (await database.db.selectFrom('messages').select('content').orderBy('id').execute()).map(
      (row) => row.content,
    );
  const settle = () =>
    settleEarlyCorrections(
      { unitOfWork: work, clock, live: createLive({ log: createQuietLog() }), jobs: { poke: () => {} } },
      new AbortController().signal,
    );

  it('is an edit that is read when the original comes', async () => {
    const original = metaText(ana, 'helo');
    const edit = edits(original, 'hello');
    await accept(edit);
    expect(await kept()).toHaveLength(1);
    expect(await accept(edit)).toEqual([]);
    clock.advance(23 * hourMs);
    expect(await accept(original)).toMatchObject([{ isOvertaken: true }]);
    expect(await undecided()).toEqual(['hello']);
    // The words are with the original, and nowhere else.
    expect(await contents()).toEqual(['', 'hello']);
    expect(await kept()).toEqual([]);
    expect(await accept(original, edit)).toEqual([]);
    expect(await undecided()).toEqual(['hello']);
  });

  it('is the latest of several edits, whatever order they come in', async () => {
    const original = metaText(ana, 'one');
    await accept(edits(original, 'three', { sentAtMs: 3_000 }));
    expect(await accept(edits(original, 'two', { sentAtMs: 2_000 }))).toMatchObject([{ isOvertaken: true }]);
    const [first, last] = await accept(original, edits(original, 'four', { sentAtMs: 4_000 }));
    expect([first?.isOvertaken, last?.isOvertaken]).toEqual([true, undefined]);
    expect(await undecided()).toEqual(['four']);
  });

  it('may come in the same batch, also around somebody’s new number', async () => {
    const original = metaText(ana, 'helo');
    const accepted = await accept(edits(original, 'hello'), original);
    expect(accepted.map((item) => item.isOvertaken)).toEqual([undefined, true]);
    expect(await undecided()).toEqual(['hello']);

    const cleo = [phone('+15550003333'), bsuid('US.3')];
    const later = metaText(cleo, 'byee');
    const moved = changed(cleo, [phone('+15550004444'), bsuid('US.3')]);
    await accept(edits(later, 'bye'), moved, { ...later, sender: [phone('+15550004444'), bsuid('US.3')] });
    expect(await undecided()).toEqual(['hello', 'bye']);
    expect(await kept()).toEqual([]);
  });

  it('is a revocation that leaves nothing to answer', async () => {
    const file = { ref: 'media-1', declaredType: 'image/jpeg', fileName: 'photo.jpg' };
    const original = metaText(ana, 'oops', { attachments: [file] });
    await accept(edits(original, 'oops!'));
    await accept(revokes(original));
    // Also if the original never came.
    expect(await contents()).toEqual(['', '']);
    await accept(original, metaText(ana, 'something else'));
    expect(await undecided()).toEqual(['something else']);
    expect(await contents()).toEqual(['', '', '', 'something else']);
    const files = await database.db.selectFrom('attachments').select(['state', 'file_name']).execute();
    expect(files).toEqual([{ state: 'failed', file_name: null }]);
    expect(await accept(edits(original, 'no, wait'))).toMatchObject([{ isOvertaken: true }]);
  });

  it('changes nothing of somebody else’s', async () => {
    const original = metaText(ana, 'mine');
    await accept(edits(original, 'yours', { sender: bo }));
    expect((await accept(original))[0]?.isOvertaken).toBeUndefined();
    await settle();
    expect(await undecided()).toEqual(['mine']);
  });

  it('is found by the clock when both were stored at the same moment, and its person is woken', async () => {
    const original = metaText(ana, 'helo');
    const [stored] = await accept(original);
    const [late] = await accept(edits(metaText(ana, 'unknown'), 'hello'));
    if (!stored || !late) throw new Error('nothing was stored');
    await database.db
      .updateTable('early_corrections')
      .set({ original_provider_id: original.providerId })
      .execute();
    const details = JSON.stringify({ change: { kind: 'edit', originalProviderId: original.providerId } });
    await database.db.updateTable('messages').set({ details }).where('id', '=', late.messageId).execute();
    await settle();
    expect(await undecided()).toEqual(['hello']);
    expect(await kept()).toEqual([]);
    const jobs = await database.db.selectFrom('jobs').select(['name', 'lane']).execute();
    expect(jobs).toEqual([{ name: 'answer-user', lane: stored.userId }]);
  });

  it('is forgotten after a day', async () => {
    const original = metaText(ana, 'helo');
    await accept(edits(original, 'hello'));
    clock.advance(23 * hourMs);
    await settle();
    expect(await kept()).toHaveLength(1);
    clock.advance(2 * hourMs);
    await settle();
    expect(await kept()).toEqual([]);
    await accept(original);
    expect(await undecided()).toEqual(['helo']);
  });

  it('is erased with its person', async () => {
    const [stored] = await accept(edits(metaText(ana, 'helo'), 'hello'));
    await work.run(async ({ erasures }) => {
      await erasures.forget(stored?.userId ?? '');
      await erasures.eraseMessages(stored?.userId ?? '', 10);
    });
    expect(await kept()).toEqual([]);
  });
});
