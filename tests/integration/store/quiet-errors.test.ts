import { sql } from 'kysely';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toStorageError } from '#src/adapters/store/storage-errors.ts';
import { createUnitOfWork } from '#src/adapters/store/unit-of-work.ts';
import { newUuid } from '#src/adapters/system/new-id.ts';
import { StorageUnavailable } from '#src/domain/errors.ts';
import { engines, openTestDatabase } from '#tests/support/engines.ts';
import { inboundText } from '#tests/support/inbound.ts';
import { createTestClock } from '#tests/support/test-clock.ts';

const phone = '+15550007777';
const text = 'please keep this between us';

/** What the product would print about an error. */
function printed(error: unknown): string {
  const lines: string[] = [];
  const log = pino({ base: null }, { write: (line: string) => void lines.push(line) });
  log.error({ err: error }, 'it failed');
  return lines.join('');
}

const failureOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => {
      throw new Error('it worked');
    },
    (error: unknown) => error,
  );

describe.each(engines)('a failing statement on %s', (engine) => {
  let database: Awaited<ReturnType<typeof openTestDatabase>>;
  beforeAll(async () => {
    database = await openTestDatabase(engine);
    const work = createUnitOfWork({ db: database.db, clock: createTestClock(), newId: newUuid });
    await work.run((stores) => stores.inbox.accept([inboundText(phone, text)], () => true));
  });
  afterAll(() => database[Symbol.asyncDispose]());

  const expectQuiet = (error: unknown, named: string) => {
    const line = printed(error);
    expect(line).toContain(named);
    expect(line).not.toContain(phone);
    expect(line).not.toContain(phone.slice(1));
    expect(line).not.toContain(text);
  };

  it('tells which rule was broken, and no phone number', async () => {
    const again = sql`insert into user_identities (id, created_at, user_id, kind, scope, value)
      select 'again', created_at, user_id, kind, scope, value from user_identities where value = ${phone}`;
    expectQuiet(await failureOf(again.execute(database.db)), 'user_identities');
  });

  it('shows no text of the row it could not store', async () => {
    const { id } = await database.db
      .selectFrom('messages')
      .select('id')
      .where('content', '=', text)
      .executeTakeFirstOrThrow();
    const broken = sql`update messages set user_id = null where id = ${id}`;
    expectQuiet(await failureOf(broken.execute(database.db)), 'user_id');
  });

  it('shows no value that has the wrong form', async () => {
    const wrong =
      engine === 'postgres'
        ? sql`select cast(${`${phone} ${text}`} as integer)`
        : sql`select json(${`${phone} ${text}`})`;
    expectQuiet(
      await failureOf(wrong.execute(database.db)),
      engine === 'postgres' ? 'integer' : 'SQLITE_ERROR',
    );
  });
});

describe('trouble with the database', () => {
  it('hides what its cause carries', () => {
    const cause = Object.assign(new Error('out of memory'), {
      code: '53200',
      detail: `Key (value)=(${phone})`,
      where: text,
      hint: text,
      internalQuery: text,
      query: text,
      parameters: [phone],
    });
    const error = toStorageError(cause);
    expect(error).toBeInstanceOf(StorageUnavailable);
    const serialized = printed((error as StorageUnavailable).cause) + printed(error);
    expect(serialized).toContain('out of memory');
    expect(serialized).not.toContain(phone);
    expect(serialized).not.toContain(text);
  });
});
