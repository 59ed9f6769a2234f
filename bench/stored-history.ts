import { type Kysely, sql } from 'kysely';
import { openDatabase } from '#src/adapters/store/open-database.ts';
import type { Database } from '#src/adapters/store/schema.ts';
import { simulatorScope, testPeople } from '#src/domain/test-people.ts';
import { createQuietLog } from '#tests/support/quiet-log.ts';

/** People the history is spread over. */
export const peopleStored = 2_000;
/** Digits of the phone of person 0; the others follow. */
export const firstPhone = 15_550_000_000;
/** Messages of the one person who writes most; fewer when half of all messages is less. */
const mostOfOne = 50_000;

/** Ids sort by time, as the product's do, and lie before any it makes itself. */
const idOf = (kind: string, number: string) =>
  `'01900000-0000-7${kind}-8000-' || substr(cast(1000000000000 + ${number} as text), 2)`;

/** Ids of what was stored for person `index`. */
export const storedUserId = (index: number) => `01900000-0000-7a00-8000-${String(index).padStart(12, '0')}`;
/** The one conversation of person `index`. */
export const storedConversationId = (index: number) =>
  `01900000-0000-7b00-8000-${String(index).padStart(12, '0')}`;

/**
 * Fills an empty database with answered turns, two messages each, over the last half year. Person 0 is the first of the chat page's
 * test people and has up to 50,000 of the messages; the others write over Twilio.
 * @param target as in DATABASE_URL's settings
 */
export async function storeHistory(
  target: Parameters<typeof openDatabase>[0],
  messages: number,
): Promise<void> {
  await using database = await openDatabase(target, { log: createQuietLog() });
  const { db, engine } = database;
  // For a benchmark's preparation a power cut may cost everything; the product opens the file with its own settings.
  if (engine === 'sqlite') await sql`pragma synchronous = off`.execute(db);
  const series = (count: number) =>
    engine === 'sqlite'
      ? `(with recursive s(n) as (select 0 union all select n + 1 from s where n + 1 < ${count}) select n from s) as s`
      : `generate_series(0, ${count - 1}) as s(n)`;
  const turns = messages / 2;
  const ofOne = Math.min(mostOfOne, messages / 2) / 2;
  // The heavy person's turns lie among the others', not behind them.
  const person = `(case when s.n % ${Math.round(turns / ofOne)} = 0 and s.n / ${Math.round(turns / ofOne)} < ${ofOne} then 0 else 1 + s.n % ${peopleStored - 1} end)`;
  const secondsApart = (180 * 86_400) / turns;
  const at = (number: string) =>
    engine === 'sqlite'
      ? `strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-181 days', '+' || cast((${number}) * ${secondsApart} as text) || ' seconds')`
      : `to_char(now() at time zone 'utc' - interval '181 days' + (${number}) * interval '${secondsApart} seconds', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
  await storePeople(db, { series, at });
  await run(
    db,
    `insert into turns (id, user_id, conversation_id, state, steps, created_at, finished_at)
     select ${idOf('c00', 's.n')}, ${idOf('a00', person)}, ${idOf('b00', person)}, 'done', '[]', ${at('s.n')}, ${at('s.n')} from ${series(turns)}`,
  );
  const columns =
    'id, user_id, conversation_id, turn_id, channel, direction, message_type, content, provider_id, reply_address, own_address, verdict, is_processed, created_at';
  const message = (odd: 0 | 1) => `insert into messages (${columns})
     select ${idOf('d00', `s.n * 2 + ${odd}`)}, ${idOf('a00', person)}, ${idOf('b00', person)}, ${idOf('c00', 's.n')}, ${odd ? "'twilio', 'outbound'" : "'twilio', 'inbound'"}, 'text',
     'Message ' || s.n || ': could you look at the delivery note of last Tuesday and tell me what is missing?',
     ${odd ? 'null' : "'SM' || substr(cast(1000000000000 + s.n as text), 2)"}, 'whatsapp:+1', 'whatsapp:+2', ${odd ? 'null' : "'allowed'"}, 1, ${at('s.n')} from ${series(turns)}`;
  await run(db, message(0));
  await run(db, message(1));
  await run(
    db,
    `insert into outbound_parts (id, message_id, user_id, turn_id, channel, position, to_address, from_address, text, state, provider_id, attempts, sent_at, created_at)
     select ${idOf('e00', 's.n')}, ${idOf('d00', 's.n * 2 + 1')}, ${idOf('a00', person)}, ${idOf('c00', 's.n')}, 'twilio', 0, 'whatsapp:+1', 'whatsapp:+2',
     'Two boxes of screws are missing.', 'read', 'SMo' || substr(cast(1000000000000 + s.n as text), 2), 1, ${at('s.n')}, ${at('s.n')} from ${series(turns)}`,
  );
  await run(
    db,
    `insert into usage_entries (id, user_id, turn_id, kind, model, audio_seconds, day, prompt_tokens, cached_tokens, completion_tokens, total_tokens, cost_micros, created_at)
     select ${idOf('f00', 's.n')}, ${idOf('a00', person)}, ${idOf('c00', 's.n')}, 'reply', 'gpt-6-luna', 0, substr(${at('s.n')}, 1, 10), 1400, 1024, 40, 1440, 300, ${at('s.n')} from ${series(turns)}`,
  );
  if (engine === 'sqlite') await sql`pragma wal_checkpoint(truncate)`.execute(db);
  else await sql`analyze`.execute(db);
}

async function storePeople(
  db: Kysely<Database>,
  { series, at }: { series: (count: number) => string; at: (number: string) => string },
): Promise<void> {
  const digits = `cast(${firstPhone} + s.n as text)`;
  const heavy = testPeople[0]?.phone ?? '';
  const phone = `case when s.n = 0 then '${heavy}' else '+' || ${digits} end`;
  await run(
    db,
    `insert into users (id, phone_number, whatsapp_name, is_whitelisted, is_active, access_decided_by, is_simulated, created_at, updated_at, last_seen_at)
     select ${idOf('a00', 's.n')}, ${phone}, 'Person ' || s.n, 1, 1, 'settings', case when s.n = 0 then 1 else 0 end, ${at('s.n')}, ${at('s.n')}, ${at('s.n')} from ${series(peopleStored)}`,
  );
  await run(
    db,
    `insert into user_identities (id, user_id, kind, scope, value, created_at)
     select ${idOf('a10', 's.n')}, ${idOf('a00', 's.n')}, 'phone', case when s.n = 0 then '${simulatorScope}' else '' end, ${phone}, ${at('s.n')} from ${series(peopleStored)}`,
  );
  // The heavy one can also be written as over Twilio.
  await run(
    db,
    `insert into user_identities (id, user_id, kind, scope, value, created_at)
     select ${idOf('a20', 's.n')}, ${idOf('a00', 's.n')}, 'phone', '', '+' || ${digits}, ${at('s.n')} from ${series(1)}`,
  );
  await run(
    db,
    `insert into conversations (id, user_id, title, is_active, created_at, updated_at)
     select ${idOf('b00', 's.n')}, ${idOf('a00', 's.n')}, 'Delivery notes', 1, ${at('s.n')}, ${at('s.n')} from ${series(peopleStored)}`,
  );
}

async function run(db: Kysely<Database>, statement: string): Promise<void> {
  await sql.raw(statement).execute(db);
}
