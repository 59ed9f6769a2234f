import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import SQLite from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createArrivalFile } from '#src/adapters/store/arrival-file.ts';
import { arrivalFileOf, openArrivalLog } from '#src/adapters/store/arrival-log.ts';
import { StorageUnavailable } from '#src/domain/errors.ts';
import { inboundText } from '#tests/support/inbound.ts';
import { createQuietLog } from '#tests/support/quiet-log.ts';
import { createTestClock } from '#tests/support/test-clock.ts';

let folder: string;
let database: string;
const clock = createTestClock();
const log = createQuietLog();
const open = () => openArrivalLog(database, { clock, log });

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'arrivals-'));
  database = join(folder, 'bot.db');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const texts = (batch: { arrivals: readonly { text: string }[] } | undefined) =>
  batch?.arrivals.map((arrival) => arrival.text);
const message = (text: string) => inboundText('+15550000001', text);

describe('the arrival log', () => {
  it('is a file beside the database, found by its name', () => {
    expect(arrivalFileOf('data/whatsapp_bot.db')).toBe('data/whatsapp_bot.arrivals.db');
    expect(arrivalFileOf('/var/lib/my.bot/messages')).toBe('/var/lib/my.bot/messages.arrivals');
    expect(arrivalFileOf(':memory:')).toBe(':memory:');
  });

  it('has messages in its file, whole and in order, once they are appended', async () => {
    await using arrivals = await open();
    const first = message('Grüße 👋');
    await arrivals.append([first, message('two')]);
    using other = reader();
    expect(other.count()).toBe(2);

    clock.advance(10);
    await arrivals.append([message('three')]);
    const batch = await arrivals.oldest(100);
    expect(texts(batch)).toEqual(['Grüße 👋', 'two', 'three']);
    expect(batch?.arrivals[0]).toMatchObject(JSON.parse(JSON.stringify(first)));
    const ids = batch?.arrivals.map((arrival) => arrival.id) ?? [];
    expect(ids).toEqual(ids.toSorted());
    expect(new Set(ids).size).toBe(3);
    expect(ids[0]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(batch?.arrivals[2]?.receivedAt).toEqual(clock.now());
  });

  it('keeps groups of one millisecond in order', async () => {
    await using arrivals = await open();
    const said = Array.from({ length: 300 }, (_, index) => `text ${index}`);
    await Promise.all(said.map((text, index) => arrivals.append([message(text), message(`and ${index}`)])));
    const batch = await arrivals.oldest(1000);
    const byId = batch?.arrivals.toSorted((a, b) => (a.id < b.id ? -1 : 1));
    expect(texts({ arrivals: byId ?? [] })).toEqual(said.flatMap((text, index) => [text, `and ${index}`]));
  });

  it('gives the same ids when it is read again, and forgets what it is told to', async () => {
    await using arrivals = await open();
    await arrivals.append([message('one'), message('two')]);
    await arrivals.append([message('three')]);
    const again = await arrivals.oldest(1);
    expect(await arrivals.oldest(1)).toEqual(again);
    expect(texts(again)).toEqual(['one', 'two']);
    await arrivals.forget(again?.upTo ?? 0);
    clock.advance(500);
    expect(await arrivals.backlog()).toEqual({ count: 1, oldestAgeMs: 500, setAside: 0, newest: 2 });
    expect(texts(await arrivals.oldest(1))).toEqual(['three']);
    await arrivals.forget(2);
    expect(await arrivals.oldest(1)).toBeUndefined();
  });

  it('survives being closed and opened again', async () => {
    {
      await using arrivals = await open();
      await arrivals.append([message('kept')]);
    }
    await using arrivals = await open();
    expect(texts(await arrivals.oldest(10))).toEqual(['kept']);
  });

  it.each([
    ['another version wrote', '{"format":2,"letters":[]}'],
    ['is no JSON', 'once upon a time'],
    ['is cut off', '{"format":1,"firstId":"'],
    ['has no messages', '{"format":1,"firstId":"01940000-0000-7000-8000-000000000000"}'],
  ])('keeps a row that %s, says so, and goes on', async (_case, payload) => {
    {
      await using arrivals = await open();
      await arrivals.append([message('before')]);
      const sqlite = new SQLite(arrivalFileOf(database));
      sqlite.prepare('insert into arrivals (received_at, amount, payload) values (1, 1, ?)').run(payload);
      sqlite.close();
      await arrivals.append([message('after')]);
    }
    log.lines.length = 0;
    await using arrivals = await open();
    const first = await arrivals.oldest(10);
    expect(texts(first)).toEqual(['before']);
    await arrivals.forget(first?.upTo ?? 0);
    expect(texts(await arrivals.oldest(10))).toEqual(['after']);
    expect(await arrivals.backlog()).toMatchObject({ count: 1, setAside: 1 });
    expect(log.lines).toMatchObject([{ level: 'error', facts: { unreadable: 1 } }]);
    using other = reader();
    expect(other.kept()).toEqual([payload]);
  });

  it('keeps what was set aside, with the reason', async () => {
    await using arrivals = await open();
    await arrivals.append([message('strange')]);
    const batch = await arrivals.oldest(1);
    for (const arrival of batch?.arrivals ?? []) await arrivals.setAside(arrival, 'it is too strange');
    await arrivals.forget(batch?.upTo ?? 0);
    expect(await arrivals.backlog()).toMatchObject({ count: 0, setAside: 1 });
    using other = reader();
    expect(other.kept()[0]).toContain('strange');
  });

  it('tries what was set aside again when it is opened: first, alone, and as it was', async () => {
    const kept = [];
    {
      await using arrivals = await open();
      await arrivals.append([message('one'), message('two')]);
      await arrivals.append([message('three')]);
      const batch = await arrivals.oldest(10);
      kept.push(...(batch?.arrivals ?? []));
      for (const arrival of kept) await arrivals.setAside(arrival, 'it is too strange');
      await arrivals.forget(batch?.upTo ?? 0);
      await arrivals.append([message('new')]);
    }
    clock.advance(60_000);
    await using arrivals = await open();
    expect(await arrivals.backlog()).toEqual({ count: 4, oldestAgeMs: 60_000, setAside: 0, newest: 1 });
    for (const arrival of kept) {
      const batch = await arrivals.oldest(10);
      expect(batch?.arrivals).toEqual([arrival]);
      await arrivals.setAside(arrival, 'it still is');
      await arrivals.forget(batch?.upTo ?? 0);
    }
    expect(texts(await arrivals.oldest(10))).toEqual(['new']);
    expect(await arrivals.backlog()).toMatchObject({ count: 1, setAside: 3 });
  });

  it('reads what another version wrote, once it is of this version again', async () => {
    const payload = JSON.stringify({
      format: 1,
      firstId: '01940000-0000-7000-8000-000000000000',
      messages: [message('one'), message('two')],
    });
    {
      await using _ = await open();
      const sqlite = new SQLite(arrivalFileOf(database));
      const keep = sqlite.prepare("insert into set_aside values (?, ?, ?, 'the row cannot be read')");
      keep.run('row-7-5', 5, payload);
      keep.run('row-8-5', 5, '{"format":2,"letters":[]}');
      sqlite.close();
    }
    await using arrivals = await open();
    expect(await arrivals.backlog()).toMatchObject({ count: 2, setAside: 1 });
    const first = await arrivals.oldest(10);
    expect(texts(first)).toEqual(['one']);
    expect(first?.arrivals[0]).toMatchObject({
      id: '01940000-0000-7000-8000-000000000000',
      receivedAt: new Date(5),
    });
    await arrivals.forget(first?.upTo ?? 0);
    const second = await arrivals.oldest(10);
    expect(texts(second)).toEqual(['two']);
    await arrivals.forget(second?.upTo ?? 0);
    expect(await arrivals.oldest(10)).toBeUndefined();
    await arrivals.append([message('next')]);
    expect(texts(await arrivals.oldest(10))).toEqual(['next']);
  });

  it('reads no more rows than it needs', () => {
    const sqlite = new SQLite(join(folder, 'counted.db'));
    const file = createArrivalFile(sqlite);
    for (let group = 0; group < 20; group++) file.append(JSON.stringify([message('a'), message('b')]), 2, 1);
    let read = 0;
    sqlite.function('seen', (payload) => {
      read += 1;
      return payload;
    });
    sqlite.exec(`alter table arrivals rename to stored;
      create view arrivals as select seq, received_at, amount, seen(payload) as payload from stored`);
    expect(file.oldest(5).batch).toMatchObject({ upTo: 3 });
    expect(read).toBeLessThanOrEqual(4);
    sqlite.close();
  });

  it('starts one thread after another that failed, and ends it', async () => {
    const workers: Worker[] = [];
    const note = (worker: Worker) => void workers.push(worker);
    process.on('worker', note);
    try {
      {
        await using arrivals = await open();
        workers[0]?.emit('error', new Error('out of memory'));
        await arrivals.append([message('with the second')]);
        await workers[0]?.terminate();
        await arrivals.append([message('still with the second')]);
        expect(workers).toHaveLength(2);
      }
      // A thread that has ended has no number.
      expect(workers.map(({ threadId }) => threadId)).toEqual([-1, -1]);
    } finally {
      process.off('worker', note);
    }
  });

  it('notices when its file is taken away', async () => {
    await using arrivals = await open();
    expect(arrivals.isInPlace()).toBe(true);
    rmSync(arrivalFileOf(database));
    expect(arrivals.isInPlace()).toBe(false);
  });

  it('cannot be opened where there is no folder', async () => {
    await expect(openArrivalLog(join(folder, 'none', 'bot.db'), { clock, log })).rejects.toThrow();
  });

  it('takes whole groups or nothing on a full disk, and goes on when there is room', () => {
    const sqlite = new SQLite(join(folder, 'small.db'));
    const file = createArrivalFile(sqlite);
    const group = JSON.stringify([message('x'.repeat(10_000)), message('y'.repeat(10_000))]);
    sqlite.pragma('max_page_count = 18');
    file.append(group, 2, 1);
    file.append(group, 2, 1);
    expect(() => file.append(group, 2, 1)).toThrow(expect.objectContaining({ code: 'SQLITE_FULL' }));
    expect(file.backlog(1).count).toBe(4);
    file.forget(1);
    file.append(group, 2, 1);
    expect(file.backlog(1).count).toBe(4);
    sqlite.close();
  });

  it('says that the storage is unavailable when somebody else holds the file', async () => {
    await using arrivals = await open();
    const other = new SQLite(arrivalFileOf(database));
    other.exec('begin immediate');
    await expect(arrivals.append([message('no')])).rejects.toBeInstanceOf(StorageUnavailable);
    other.exec('commit');
    other.close();
    await arrivals.append([message('yes')]);
    expect(texts(await arrivals.oldest(10))).toEqual(['yes']);
  });
});

function reader() {
  const sqlite = new SQLite(arrivalFileOf(database), { readonly: true });
  return {
    count: () => sqlite.prepare('select sum(amount) from arrivals').pluck().get(),
    kept: () => sqlite.prepare('select payload from set_aside').pluck().all(),
    [Symbol.dispose]: () => void sqlite.close(),
  };
}
