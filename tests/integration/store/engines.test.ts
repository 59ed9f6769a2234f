import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createUnitOfWork } from '#src/adapters/store/unit-of-work.ts';
import { newUuid } from '#src/adapters/system/new-id.ts';
import type { UnitOfWork } from '#src/ports/stores.ts';
import { engines, openTestDatabase } from '#tests/support/engines.ts';
import { inboundText } from '#tests/support/inbound.ts';
import { createTestClock } from '#tests/support/test-clock.ts';

describe.each(engines)('the stores on %s', (engine) => {
  let database: Awaited<ReturnType<typeof openTestDatabase>>;
  let work: UnitOfWork;

  beforeEach(async () => {
    database = await openTestDatabase(engine);
    work = createUnitOfWork({ db: database.db, clock: createTestClock(), newId: newUuid });
  });
  afterEach(() => database[Symbol.asyncDispose]());

  it('stores a message once', async () => {
    const message = inboundText('+491701234567', 'hello \0 world');
    const first = await work.run((stores) => stores.inbox.accept([message], () => true));
    expect(first).toHaveLength(1);
    expect(await work.run((stores) => stores.inbox.accept([message], () => true))).toEqual([]);
    const [stored] = await work.run((stores) => stores.inbox.undecided(first[0]?.userId ?? ''));
    expect(stored?.text.replace('\0', '')).toBe('hello  world');
  });
});
