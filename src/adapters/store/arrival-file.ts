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
  /** Below 0 for what was set aside before and is tried again: it goes first, and alone. */
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
  /**
   * Puts what was set aside back before everything else, for an upgrade or a repair may have helped; what still cannot be read stays
   * aside. Only while nobody holds a batch.
   * @returns how many messages
   */
  takeBack(): number;
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
  const first = sqlite.prepare<[], Row>('select * from arrivals order by seq');
  const remove = sqlite.prepare('delete from arrivals where seq <= ?');
  const removeOne = sqlite.prepare('delete from arrivals where seq = ?');
  const keep = sqlite.prepare(
    'insert or replace into set_aside (id, received_at, payload, reason) values (?, ?, ?, ?)',
  );
  const ends = sqlite.prepare<[], { count: number; oldest: number | null; newest: number | null }>(
    `select coalesce(sum(amount), 0) as count, max(seq) as newest,
      (select received_at from arrivals order by seq limit 1) as oldest from arrivals`,
  );
  const keptIds = sqlite.prepare<[], string>('select id from set_aside order by received_at, rowid').pluck();
  const keptRow = sqlite.prepare<[string], { received_at: number; payload: string }>(
    'select received_at, payload from set_aside where id = ?',
  );
  const removeKept = sqlite.prepare('delete from set_aside where id = ?');
  const putBack = sqlite.prepare(
    'insert into arrivals (seq, received_at, amount, payload) values (?, ?, 1, ?)',
  );
  const lowest = sqlite.prepare<[], number | null>('select min(seq) from arrivals').pluck();
  const countKept = sqlite.prepare('select count(*) from set_aside').pluck();
  const setAsideRow = sqlite.transaction((row: Row, reason: string) => {
    keep.run(`row-${row.seq}-${row.received_at}`, row.received_at, row.payload, reason);
    removeOne.run(row.seq);
  });

  /** Reads no more rows than it needs: each may hold hundreds of messages. Writes nothing, which SQLite refuses meanwhile. */
  function readFirst(limit: number): { arrivals: Arrival[]; upTo?: number; broken?: Row } {
    const arrivals: Arrival[] = [];
    let upTo: number | undefined;
    for (const row of first.iterate()) {
      const read = readGroup(row, row.amount);
      // One that cannot be read ends the batch: it is dealt with when it is first.
      if (!read) return upTo === undefined ? { arrivals, broken: row } : { arrivals, upTo };
      arrivals.push(...read);
      upTo = row.seq;
      if (row.seq < 0 || arrivals.length >= limit) break;
    }
    return upTo === undefined ? { arrivals } : { arrivals, upTo };
  }

  return {
    append(messages, amount, receivedAt) {
      const payload = `{"format":${format},"firstId":"${v7()}","messages":${messages}}`;
      insert.run(receivedAt, amount, payload);
    },

    oldest(limit) {
      for (let unreadable = 0; ; unreadable += 1) {
        const { arrivals, upTo, broken } = readFirst(limit);
        if (upTo !== undefined) return { batch: { arrivals, upTo }, unreadable };
        if (!broken) return { batch: undefined, unreadable };
        setAsideRow(broken, 'the row cannot be read');
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

    setAside(arrival, reason) {
      keep.run(arrival.id, arrival.receivedAt.getTime(), groupOfOne(arrival), reason);
    },

    takeBack: sqlite.transaction(() => {
      let seq = Math.min(0, lowest.get() ?? 0);
      let messages = 0;
      // From the newest down. Each message alone: one that is refused again must not look like trouble with all of them.
      for (const id of keptIds.all().reverse()) {
        const row = keptRow.get(id);
        const arrivals = row && readGroup(row);
        if (!arrivals?.length) continue;
        for (const arrival of arrivals.reverse())
          putBack.run(--seq, arrival.receivedAt.getTime(), groupOfOne(arrival));
        removeKept.run(id);
        messages += arrivals.length;
      }
      return messages;
    }),

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

/**
 * Undefined for what another version wrote, or nobody.
 * @param amount how many messages it must hold, where that is known
 */
function readGroup(row: Pick<Row, 'received_at' | 'payload'>, amount?: number): Arrival[] | undefined {
  try {
    const { format: written, firstId, messages } = JSON.parse(row.payload) as Group;
    if (written !== format || messages.length !== (amount ?? messages.length)) return undefined;
    if (!isUuid.test(firstId)) return undefined;
    const receivedAt = new Date(row.received_at);
    return messages.map((message, index) => ({ ...message, id: countOn(firstId, index), receivedAt }));
  } catch {
    return undefined;
  }
}

/** A message as it is kept alone, with the id it has. */
function groupOfOne({ id, receivedAt: _, ...message }: Arrival): string {
  return JSON.stringify({ format, firstId: id, messages: [message] } satisfies Group);
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
