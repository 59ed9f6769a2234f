import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import SQLite from 'better-sqlite3';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type OpenDatabase, openDatabase } from '#src/adapters/store/open-database.ts';
import { createReadModel } from '#src/adapters/store/read-model.ts';
import { createUnitOfWork } from '#src/adapters/store/unit-of-work.ts';
import { newUuid } from '#src/adapters/system/new-id.ts';
import { StorageUnavailable } from '#src/domain/errors.ts';
import { inboundText } from '#tests/support/inbound.ts';
import { createDatabase, startPostgres } from '#tests/support/postgres-server.ts';
import { createQuietLog } from '#tests/support/quiet-log.ts';
import { createTestClock } from '#tests/support/test-clock.ts';
import { waitFor } from '#tests/support/wait-for.ts';

const log = createQuietLog();
const unitOfWorkOn = ({ db }: OpenDatabase) =>
  createUnitOfWork({ db, clock: createTestClock(), newId: newUuid });
const accept = (database: OpenDatabase, text: string) =>
  unitOfWorkOn(database).run((stores) =>
    stores.inbox.accept([inboundText('+15550001111', text)], () => true),
  );
const people = (database: OpenDatabase) =>
  createReadModel(database.db).listUsers({}, { limit: 10, after: undefined });
const trouble = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('trouble with the SQLite file', () => {
  let folder: string;
  let file: string;
  let database: OpenDatabase;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'trouble-'));
    file = join(folder, 'bot.db');
    database = await openDatabase({ engine: 'sqlite', file }, { log });
  });
  afterEach(async () => {
    await database[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  it('is told apart from faults when the disk is full, and passes', async () => {
    await accept(database, 'before');
    await sql`pragma max_page_count = 1`.execute(database.db);
    const error = await trouble(accept(database, 'x'.repeat(100_000)));
    expect(error).toBeInstanceOf(StorageUnavailable);
    expect(error).toMatchObject({ code: 'storage_unavailable', retryable: true, vendorCode: 'SQLITE_FULL' });
    await sql`pragma max_page_count = 1000000`.execute(database.db);
    expect(await accept(database, 'after')).toHaveLength(1);
  });

  it('is told apart from faults when somebody else holds the file, and passes', async () => {
    await sql`pragma busy_timeout = 20`.execute(database.db);
    const other = new SQLite(file);
    other.exec('begin immediate');
    expect(await trouble(accept(database, 'locked'))).toMatchObject({ vendorCode: 'SQLITE_BUSY' });
    other.exec('rollback');
    other.close();
    expect(await accept(database, 'after')).toHaveLength(1);
  });

  it('is not what a fault in the work is', async () => {
    const failing = unitOfWorkOn(database).run(async () => {
      throw new TypeError('a fault');
    });
    expect(await trouble(failing)).toBeInstanceOf(TypeError);
    const wrong = sql`select * from nothing_of_this_name`.execute(database.db);
    expect(await trouble(wrong)).not.toBeInstanceOf(StorageUnavailable);
  });
});

describe('trouble with the Postgres server', () => {
  it('is told apart from faults, ends no process, and passes without a restart of ours', async () => {
    await using server = await startPostgres();
    const made = await createDatabase(server.url);
    await using database = await openDatabase({ engine: 'postgres', url: made.url, poolSize: 3 }, { log });
    await accept(database, 'before');

    // In the middle of a transaction, between two statements and in one.
    const cutOff = unitOfWorkOn(database).run(async (stores) => {
      await stores.inbox.accept([inboundText('+15550002222', 'cut off')], () => true);
      await server.stop();
      await stores.inbox.usersWithWork();
    });
    expect(await trouble(cutOff)).toBeInstanceOf(StorageUnavailable);
    expect(await trouble(accept(database, 'down'))).toBeInstanceOf(StorageUnavailable);
    expect(await trouble(people(database))).toBeInstanceOf(StorageUnavailable);

    await server.start();
    await waitFor('the database to be back', () =>
      accept(database, 'after').catch((error: unknown) => {
        if (!(error instanceof StorageUnavailable)) throw error;
      }),
    );
    expect((await people(database)).items.map((user) => user.phone_number)).toEqual(['+15550001111']);
  });
});
