import { describe, expect, inject, it } from 'vitest';
import { createLive } from '#src/adapters/system/live.ts';
import { newUuid } from '#src/adapters/system/new-id.ts';
import { openPostgresLive } from '#src/adapters/system/postgres-live.ts';
import type { LiveEvent } from '#src/ports/live.ts';
import { createDatabase, startPostgres } from '#tests/support/postgres-server.ts';
import { createQuietLog } from '#tests/support/quiet-log.ts';
import { waitFor } from '#tests/support/wait-for.ts';

async function openProcess(url: string) {
  const log = createQuietLog();
  const live = await openPostgresLive({ url, local: createLive({ log }), newId: newUuid, log });
  const heard: LiveEvent[] = [];
  live.subscribe((event) => heard.push(event));
  return { live, heard, log, [Symbol.asyncDispose]: () => live[Symbol.asyncDispose]() };
}

describe('live updates over Postgres', () => {
  it('reach the pages of this process at once and those of others soon, each once', async () => {
    await using database = await createDatabase(inject('postgresUrl'));
    await using web = await openProcess(database.url);
    await using worker = await openProcess(database.url);
    const events: LiveEvent[] = [
      { kind: 'changed', userId: 'ana' },
      { kind: 'typing', userId: 'ana' },
      { kind: 'typing_to', address: 'simulator:+15550100 "ünï"' },
    ];
    for (const event of events) worker.live.announce(event);
    expect(worker.heard).toEqual(events);
    await waitFor('the other process', () => web.heard.length >= 3);
    web.live.announce({ kind: 'changed', userId: 'bo' });
    await waitFor('the answer', () => worker.heard.length >= 4);
    expect(web.heard).toEqual([...events, { kind: 'changed', userId: 'bo' }]);
    expect(worker.heard).toEqual(web.heard);
  });

  it('gather a burst into few notifications, none too long for Postgres', async () => {
    await using database = await createDatabase(inject('postgresUrl'));
    await using web = await openProcess(database.url);
    await using worker = await openProcess(database.url);
    const userIds = Array.from({ length: 500 }, () => newUuid());
    for (const userId of [...userIds, ...userIds]) worker.live.announce({ kind: 'changed', userId });
    await waitFor('the burst', () => web.heard.length >= 500);
    worker.live.announce({ kind: 'changed', userId: 'the last' });
    await waitFor('the last', () =>
      web.heard.some((event) => 'userId' in event && event.userId === 'the last'),
    );
    expect(web.heard).toHaveLength(501);
    expect(worker.log.lines).toEqual([]);
  });

  it('come back after the server was away', async () => {
    await using server = await startPostgres();
    const database = await createDatabase(server.url);
    await using web = await openProcess(database.url);
    await using worker = await openProcess(database.url);
    await server.stop();
    worker.live.announce({ kind: 'changed', userId: 'lost' });
    expect(worker.heard).toEqual([{ kind: 'changed', userId: 'lost' }]);
    await server.start();
    await waitFor('both processes to be connected again', () => {
      worker.live.announce({ kind: 'changed', userId: 'after' });
      return web.heard.some((event) => 'userId' in event && event.userId === 'after');
    });
    expect(web.log.lines.map((line) => line.level)).toContain('warn');
  });

  it('do without the server when it is not there at the start', async () => {
    await using alone = await openProcess('postgres://postgres@127.0.0.1:1/nothing');
    alone.live.announce({ kind: 'changed', userId: 'ana' });
    expect(alone.heard).toHaveLength(1);
  });
});
