import type { Database } from 'better-sqlite3';
import { v7 } from 'uuid';
import type { InboundMessage } from '#src/domain/message.ts';
import type { Arrival, ArrivalBacklog, ArrivalBatch } from '#src/ports/arrivals.ts';

/** One version of how a group is written; what another version wrote is set aside, not misread. */
const format = 1;

interface Group {
  readonly format: typeof format;
  /** The id of the first message; the others count on from it. */
  readonly firstId: string;
  readonly messages: readonly InboundMessage[];
}

interface Row {
  readonly seq: number;
  readonly received_at: number;
  readonly amount: number;
  readonly payload: string;
}

/** The arrival log's file. Synchronous: it lives in a thread of its own. */
export interface ArrivalFile {
  /** @param messages JSON of an array of messages; passed on as it is, because taking it apart would cost more than storing it */
  append(messages: string, amount: number, receivedAt: number): void;
  oldest(limit: number): { batch: ArrivalBatch | undefined; unreadable: number };
  forget(upTo: number): void;
  setAside(arrival: Arrival, reason: string): void;
  backlog(now: number): ArrivalBacklog;
}

/** Prepares the tables and statements of the log in an open SQLite file. */
export function createArrivalFile(sqlite: Database): ArrivalFile {
  // A commit with FULL is on disk when it returns (docs/decisions/0011). No other connection writes here.
  sqlite.pragma('journal_mode = WAL');
  sqlite.pragma('synchronous = FULL');
  sqlite.pragma('busy_timeout = 1000');
  sqlite.pragma('secure_delete = ON');
  sqlite.exec(`
    create table if not exists arrivals (
      seq integer primary key, received_at integer not null, amount integer not null, payload text not null);
    create table if not exists set_aside (
      id text primary key, received_at integer not null, payload text not null, reason text not null);`);
  const insert = sqlite.prepare('insert into arrivals (received_at, amount, payload) values (?, ?, ?)');
  const first = sqlite.prepare<[number], Row>('select * from arrivals order by seq limit ?');
  const remove = sqlite.prepare('delete from arrivals where seq <= ?');
  const removeOne = sqlite.prepare('delete from arrivals where seq = ?');
  const keep = sqlite.prepare(
    'insert or replace into set_aside (id, received_at, payload, reason) values (?, ?, ?, ?)',
  );
  const ends = sqlite.prepare<[], { count: number; oldest: number | null; newest: number | null }>(
    `select coalesce(sum(amount), 0) as count, max(seq) as newest,
      (select received_at from arrivals order by seq limit 1) as oldest from arrivals`,
  );
  const countKept = sqlite.prepare('select count(*) from set_aside').pluck();
  const setAsideRow = sqlite.transaction((row: Row, reason: string) => {
    keep.run(`row-${row.seq}-${row.received_at}`, row.received_at, row.payload, reason);
    removeOne.run(row.seq);
  });

  return {
    append(messages, amount, receivedAt) {
      const payload = `{"format":${format},"firstId":"${v7()}","messages":${messages}}`;
      insert.run(receivedAt, amount, payload);
    },

    oldest(limit) {
      let unreadable = 0;
      for (;;) {
        const arrivals: Arrival[] = [];
        let upTo: number | undefined;
        // A row is a group of at least one message. One that cannot be read ends the batch: it is dealt with when it is first.
        for (const row of first.all(limit)) {
          const read = readGroup(row);
          if (!read && upTo === undefined) {
            setAsideRow(row, 'the row cannot be read');
            unreadable += 1;
          }
          if (!read || arrivals.length >= limit) break;
          arrivals.push(...read);
          upTo = row.seq;
        }
        if (upTo !== undefined) return { batch: { arrivals, upTo }, unreadable };
        if (ends.get()?.newest == null) return { batch: undefined, unreadable };
      }
    },

    forget(upTo) {
      // Not worth an fsync: what comes back after a power cut is known to the database by its id, and forgotten again.
      sqlite.pragma('synchronous = NORMAL');
      try {
        remove.run(upTo);
      } finally {
        sqlite.pragma('synchronous = FULL');
      }
    },

    setAside({ id, receivedAt, ...message }, reason) {
      keep.run(
        id,
        receivedAt.getTime(),
        JSON.stringify({ format, firstId: id, messages: [message] }),
        reason,
      );
    },

    backlog(now) {
      const { count = 0, oldest, newest } = ends.get() ?? {};
      return {
        count,
        oldestAgeMs: oldest == null ? 0 : Math.max(0, now - oldest),
        setAside: Number(countKept.get()),
        newest: newest ?? 0,
      };
    },
  };
}

/** Undefined for what another version wrote, or nobody. */
function readGroup(row: Row): Arrival[] | undefined {
  try {
    const { format: written, firstId, messages } = JSON.parse(row.payload) as Group;
    if (written !== format || messages.length !== row.amount || !isUuid.test(firstId)) return undefined;
    const receivedAt = new Date(row.received_at);
    return messages.map((message, index) => ({ ...message, id: countOn(firstId, index), receivedAt }));
  } catch {
    return undefined;
  }
}

const isUuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * The id that is `steps` after a UUIDv7, counted in its last 40 bits: they are random, while those before them keep groups of the
 * same millisecond in order.
 */
function countOn(id: string, steps: number): string {
  // Without the highest bit there is room to count.
  const tail = (Number.parseInt(id.slice(26), 16) % 2 ** 39) + steps;
  return id.slice(0, 26) + tail.toString(16).padStart(10, '0');
}
