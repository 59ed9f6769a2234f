import { once } from 'node:events';
import { type AddressInfo, createConnection, createServer, type Socket } from 'node:net';
import { describe, expect, inject, it } from 'vitest';
import { createLive } from '#src/adapters/system/live.ts';
import { newUuid } from '#src/adapters/system/new-id.ts';
import { openPostgresLive } from '#src/adapters/system/postgres-live.ts';
import type { LiveEvent } from '#src/ports/live.ts';
import { createDatabase, startPostgres } from '#tests/support/postgres-server.ts';
import { createQuietLog } from '#tests/support/quiet-log.ts';
import { waitFor } from '#tests/support/wait-for.ts';

async function openProcess(url: string, options: { queryTimeoutMs?: number } = {}) {
  const log = createQuietLog();
  const live = await openPostgresLive({ url, local: createLive({ log }), newId: newUuid, log, ...options });
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

  it('come back after the server fell silent', async () => {
    await using database = await createDatabase(inject('postgresUrl'));
    await using wire = await openWire(database.url);
    await using web = await openProcess(database.url);
    await using worker = await openProcess(wire.url, { queryTimeoutMs: 300 });
    wire.fallSilent();
    worker.live.announce({ kind: 'changed', userId: 'lost' });
    await waitFor('both processes to be connected again', () => {
      worker.live.announce({ kind: 'changed', userId: 'after' });
      return web.heard.some((event) => 'userId' in event && event.userId === 'after');
    });
    web.live.announce({ kind: 'changed', userId: 'back' });
    await waitFor('the other direction', () =>
      worker.heard.some((event) => 'userId' in event && event.userId === 'back'),
    );
    expect(worker.log.lines.map((line) => line.level)).toEqual(['warn']);
  });

  it.each(['quiet', 'asked'])('close within some seconds while the server is silent: %s', async (state) => {
    await using database = await createDatabase(inject('postgresUrl'));
    await using wire = await openWire(database.url);
    const worker = await openProcess(wire.url);
    wire.fallSilent();
    if (state === 'asked') {
      worker.live.announce({ kind: 'changed', userId: 'ana' });
      await waitFor('the question', () => wire.swallowed > 0);
    }
    const startedAt = performance.now();
    await worker.live[Symbol.asyncDispose]();
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });

  it('do without the server when it is not there at the start', async () => {
    await using alone = await openProcess('postgres://postgres@127.0.0.1:1/nothing');
    alone.live.announce({ kind: 'changed', userId: 'ana' });
    expect(alone.heard).toHaveLength(1);
  });
});

/** A network between a process and Postgres that can stop carrying what is connected, without a word; new connections work. */
async function openWire(url: string) {
  const { hostname, port } = new URL(url);
  const sockets = new Set<Socket>();
  let swallowed = 0;
  const silent = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (near) => {
    const far = createConnection({ host: hostname, port: Number(port), allowHalfOpen: true });
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on('error', () => {});
      from.on('data', (bytes) => {
        if (silent.has(from)) swallowed += bytes.length;
        else to.write(bytes);
      });
      from.on('end', () => {
        if (!silent.has(from)) to.end();
      });
    }
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const through = new URL(url);
  through.hostname = '127.0.0.1';
  through.port = String((server.address() as AddressInfo).port);
  return {
    url: through.href,
    get swallowed() {
      return swallowed;
    },
    fallSilent() {
      for (const socket of sockets) silent.add(socket);
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
