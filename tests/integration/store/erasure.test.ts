import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { OpenDatabase } from '#src/adapters/store/open-database.ts';
import type { Database } from '#src/adapters/store/schema.ts';
import { createUnitOfWork } from '#src/adapters/store/unit-of-work.ts';
import { newUuid } from '#src/adapters/system/new-id.ts';
import { erasePerson } from '#src/bot/erase-person.ts';
import type { Usage } from '#src/domain/usage.ts';
import type { Stores, UnitOfWork } from '#src/ports/stores.ts';
import { engines, openTestDatabase } from '#tests/support/engines.ts';
import { createQuietLog } from '#tests/support/quiet-log.ts';
import { createTestClock } from '#tests/support/test-clock.ts';

const phone = '+15550007777';
const secrets = ['15550007777', 'Anastasia', 'xylophone', 'marimba', 'glockenspiel', 'vibraphone', 'celesta'];
const usage: Usage = {
  kind: 'reply',
  model: 'gpt-6-luna',
  promptTokens: 1000,
  cachedTokens: 0,
  completionTokens: 100,
  audioSeconds: 0,
  costMicros: 250,
};

describe.each(engines)('erasing a person on %s', (engine) => {
  let database: OpenDatabase;
  let unitOfWork: UnitOfWork;
  const clock = createTestClock();
  const removed: string[] = [];
  const deps = () => ({
    unitOfWork,
    clock,
    log: createQuietLog(),
    channels: new Map(),
    live: { announce: () => {}, subscribe: () => () => {} },
    media: { removeAll: async (userId: string) => void removed.push(`media ${userId}`) },
    exports: { remove: async (userId: string) => void removed.push(`exports ${userId}`) },
  });
  const run = { signal: new AbortController().signal, attempt: 1, lastAttempt: false, crashes: 0 };
  const erase = (userId: string) =>
    erasePerson(deps() as unknown as Parameters<typeof erasePerson>[0], { userId }, run);

  beforeEach(async () => {
    database = await openTestDatabase(engine);
    unitOfWork = createUnitOfWork({ db: database.db, clock, newId: newUuid });
    removed.length = 0;
  });
  afterEach(() => database[Symbol.asyncDispose]());

  const accept = (stores: Stores, from: string, text: string, providerId: string) =>
    stores.inbox.accept(
      [
        {
          channel: 'twilio',
          providerId,
          sender: [
            { kind: 'phone', scope: '', value: from },
            { kind: 'bsuid', scope: '', value: `US.9${from.slice(1)}` },
          ],
          replyAddress: `whatsapp:${from}`,
          ownAddress: 'whatsapp:+14155238886',
          profileName: from === phone ? 'Anastasia' : 'Ben',
          type: 'document',
          text,
          attachments: [
            {
              ref: `https://x/${from}/Media/ME1`,
              declaredType: 'text/plain',
              fileName: from === phone ? 'marimba.txt' : 'cello.txt',
            },
          ],
        },
      ],
      () => true,
    );

  /** A person about whom every table knows something. */
  async function somebody(from: string, text: string): Promise<string> {
    const word = (own: string) => (from === phone ? own : `Ben's ${own.slice(2)}`);
    return unitOfWork.run(async (stores) => {
      const [arrival] = await accept(stores, from, text, `SM${from.slice(1)}`);
      if (!arrival) throw new Error('nothing was stored');
      const { userId, messageId } = arrival;
      const conversationId = await stores.conversations.active(userId);
      await stores.conversations.name(conversationId, text);
      await stores.turns.open({ userId, conversationId, messageIds: [messageId] });
      const turn = await stores.turns.next(userId);
      const [file] = turn?.messages[0]?.attachments ?? [];
      if (!turn || !file) throw new Error('no turn');
      const reading = {
        kind: 'audio',
        transcript: word('glockenspiel'),
        seconds: 3,
        fromVideo: false,
      } as const;
      await stores.attachments.read(file.id, { reading, usage: [usage], userId, turnId: turn.id, ms: 1 });
      await stores.attachments.keepPage(file.id, {
        page: 1,
        text: word('celesta'),
        usage,
        userId,
        turnId: turn.id,
      });
      await stores.turns.answer(turn, { text: word('vibraphone'), parts: [word('vibraphone')], usage });
      await stores.consents.stop(userId, { source: 'message', channel: 'twilio', messageId });
      await stores.notices.claim(userId, 'inactive', clock.now());
      await stores.deliveries.keep([
        { channel: 'twilio', providerId: `SM${from.slice(1)}`, state: 'sent', at: clock.now() },
      ]);
      await stores.usage.sumEntries(2);
      return userId;
    });
  }

  /** Every text in every table that has one of the words in it. */
  async function leftovers(words: readonly string[]): Promise<string[]> {
    const tables = (await database.db.introspection.getTables()).filter(
      ({ name }) => !name.startsWith('kysely'),
    );
    const found: string[] = [];
    for (const table of tables) {
      const { rows } = await sql<Record<string, unknown>>`select * from ${sql.table(table.name)}`.execute(
        database.db,
      );
      for (const row of rows)
        for (const [column, value] of Object.entries(row))
          for (const word of words)
            if (String(value).includes(word)) found.push(`${table.name}.${column}: ${word}`);
    }
    return [...new Set(found)];
  }

  const count = async (table: keyof Database, userId: string) => {
    const { rows } = await sql<{
      n: number;
    }>`select count(*) as n from ${sql.table(table)} where user_id = ${userId}`.execute(database.db);
    return Number(rows[0]?.n);
  };

  it('leaves nothing of them in any table but what they cost', async () => {
    const userId = await somebody(phone, 'xylophone');
    const other = await somebody('+15550008888', 'a word of Ben');
    expect((await leftovers(secrets)).length).toBeGreaterThan(8);
    const spent = await unitOfWork.run((stores) => stores.usage.totalMicros('2000-01-01'));

    await erase(userId);
    // Until the provider has deleted it, its ids are all there is, and they go with it.
    const atProvider = await unitOfWork.run((stores) =>
      stores.erasures.atProvider(userId, { after: '', limit: 10 }),
    );
    expect(atProvider.map(({ channel, kind }) => `${channel} ${kind}`)).toEqual([
      'twilio file',
      'twilio message',
    ]);
    await unitOfWork.run((stores) => stores.erasures.deleted(atProvider.map(({ id }) => id)));

    expect(await leftovers(secrets)).toEqual([]);
    expect(await leftovers(['Ben', '15550008888', 'cello'])).not.toEqual([]);
    for (const table of [
      'messages',
      'turns',
      'conversations',
      'attachments',
      'outbound_parts',
      'consents',
      'notices',
      'user_identities',
    ] as const) {
      expect([table, await count(table, userId)]).toEqual([table, 0]);
      expect(await count(table, other), table).toBeGreaterThan(0);
    }
    expect(await unitOfWork.run((stores) => stores.usage.totalMicros('2000-01-01'))).toBe(spent);
    expect(await count('usage_entries', userId)).toBe(3);
    expect(removed).toEqual([`media ${userId}`, `exports ${userId}`]);
  });

  it('can be repeated, and makes them a stranger', async () => {
    const userId = await somebody(phone, 'xylophone');
    await erase(userId);
    await erase(userId);
    const [again] = await unitOfWork.run((stores) => accept(stores, phone, 'hello', 'SM2'));
    expect(again?.userId).not.toBe(userId);
    const user = await unitOfWork.run((stores) => stores.users.get(again?.userId ?? ''));
    expect(user).toMatchObject({ hasOptedOut: false, isWhitelisted: true });
  });

  it('is handed on to whoever they turned out to be since it was asked for', async () => {
    const [kept = '', other = ''] = [
      await somebody('+15550008888', 'a word of Ben'),
      await somebody(phone, 'xylophone'),
    ];
    await unitOfWork.run((stores) => stores.people.handOver(other, kept));
    await erase(other);
    const jobs = await database.db.selectFrom('jobs').select(['name', 'payload']).execute();
    expect(jobs).toEqual([{ name: 'erase-person', payload: JSON.stringify({ userId: kept }) }]);
    expect(removed).toEqual([]);
    await erase(kept);
    expect(await count('messages', kept)).toBe(0);
    expect(removed).toContain(`media ${other}`);
  });

  it('is not undone by a message that comes again', async () => {
    const userId = await somebody(phone, 'xylophone');
    await erase(userId);
    const again = await unitOfWork.run((stores) => accept(stores, phone, 'xylophone', `SM${phone.slice(1)}`));
    expect(again).toEqual([]);
    expect(await leftovers(['Anastasia', 'xylophone'])).toEqual([]);
  });

  it('does not trouble whoever is answering them, and keeps what that cost', async () => {
    const userId = await unitOfWork.run(async (stores) => {
      const [arrival] = await accept(stores, phone, 'xylophone', 'SM3');
      if (!arrival) throw new Error('nothing was stored');
      const conversationId = await stores.conversations.active(arrival.userId);
      await stores.turns.open({ userId: arrival.userId, conversationId, messageIds: [arrival.messageId] });
      return arrival.userId;
    });
    const turn = await unitOfWork.run((stores) => stores.turns.next(userId));
    const file = turn?.messages[0]?.attachments[0];
    if (!turn || !file) throw new Error('no turn');
    await erase(userId);

    const reading = { kind: 'audio', transcript: 'glockenspiel', seconds: 3, fromVideo: false } as const;
    const of = { userId, turnId: turn.id };
    await unitOfWork.run((stores) =>
      stores.attachments.keepPage(file.id, { page: 1, text: 'celesta', usage, ...of }),
    );
    await unitOfWork.run((stores) =>
      stores.attachments.read(file.id, { reading, usage: [usage], ms: 1, ...of }),
    );
    await unitOfWork.run((stores) => stores.turns.addStep(turn.id, { step: 'understand', ms: 1 }));
    const atHand = await unitOfWork.run((stores) =>
      stores.turns.answer(turn, { text: 'vibraphone', parts: ['vibraphone'], usage }),
    );
    expect(atHand).toEqual({ parts: [], turn: undefined });
    expect(await leftovers(secrets.filter((word) => word !== '15550007777'))).toEqual([]);
    expect(await count('usage_entries', userId)).toBe(3);
  });

  it('is no way back in for whoever WHITELISTED_USERS does not name', async () => {
    const userId = await somebody(phone, 'xylophone');
    await erase(userId);
    await unitOfWork.run((stores) => stores.users.seed({ phones: [], everyone: true }));
    expect(await unitOfWork.run((stores) => stores.users.get(userId))).toMatchObject({
      isWhitelisted: false,
      phone: undefined,
    });
  });
});
