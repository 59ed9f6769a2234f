import { type RawBuilder, sql } from 'kysely';
import type { ChannelName } from '#src/domain/identity.ts';
import { type Given, isOneOf, isSqlite, statement } from './statement.ts';
import { personOfPart } from './whose-part.ts';

/* What applying delivery reports is made of: a thousand reports are as many statements as one. */

const partColumns = [
  'id',
  personOfPart.as('user_id'),
  'message_id',
  'position',
  'channel',
  'to_address',
  'from_address',
  'extras',
  'state',
  'provider_id',
  'failures',
  'tried_at',
] as const;

/** Begins each stored reason why somebody has not got a message. */
const undeliveredPrefix = 'not delivered: ';

/** What a message tells of a part that failed. */
export function undelivered(code: string, reason: string | undefined): string {
  return undeliveredPrefix + (reason === undefined ? code : `${reason} (${code})`);
}

export const selectByProviderId = statement(
  (db, given: Given<{ channel: ChannelName; providerIds: readonly string[] }>) => {
    const query = db
      .selectFrom('outbound_parts')
      .select(partColumns)
      .where('channel', '=', given.channel)
      .where(isOneOf(db, 'provider_id', given.providerIds))
      .orderBy('id');
    // Several processes may hear of the same part at once: one after the other, in one order.
    return isSqlite(db) ? query : query.forUpdate();
  },
);

export const selectById = statement((db, given: Given<{ channel: ChannelName; ids: readonly string[] }>) => {
  const query = db
    .selectFrom('outbound_parts')
    .select(partColumns)
    .where(isOneOf(db, 'id', given.ids))
    .where('channel', '=', given.channel)
    .orderBy('id');
  return isSqlite(db) ? query : query.forUpdate();
});

/** A row of `changeParts`, as JSON. Null leaves times as they are. */
export interface ChangedPart {
  readonly id: string;
  readonly state: string;
  readonly provider_id: string;
  readonly sent_at: string | null;
  readonly delivered_at: string | null;
  readonly read_at: string | null;
  readonly played_at: string | null;
  readonly failed_at: string | null;
  readonly has_problem: 0 | 1;
  readonly error_code: string | null;
  readonly error_title: string | null;
  readonly error_reason: string | null;
  readonly not_before: string | null;
  readonly failures: number;
}

type Field = keyof ChangedPart;

/** @param given.rows a JSON list of `ChangedPart`s */
export const changeParts = statement((db, given: Given<{ rows: string }>) => {
  const given_ = (name: Field) => sql<string>`(changed.value ->> ${sql.lit(name)})`;
  const known = (name: Field) => sql<string>`coalesce(outbound_parts.${sql.ref(name)}, ${given_(name)})`;
  const problem = (name: Field) =>
    sql<string>`case when ${given_('has_problem')} in ${isSqlite(db) ? sql`(1)` : sql`('1')`} then ${given_(name)}
      else outbound_parts.${sql.ref(name)} end`;
  return db
    .updateTable('outbound_parts')
    .from(jsonRows(isSqlite(db), given.rows))
    .set({
      state: given_('state') as RawBuilder<never>,
      user_id: personOfPart,
      provider_id: given_('provider_id'),
      sent_at: known('sent_at'),
      delivered_at: known('delivered_at'),
      read_at: known('read_at'),
      played_at: known('played_at'),
      failed_at: known('failed_at'),
      error_code: problem('error_code'),
      error_title: problem('error_title'),
      error_reason: problem('error_reason'),
      not_before: given_('not_before'),
      failures: sql<number>`cast(${given_('failures')} as integer)`,
      // An attempt that failed is not to be found again when the next one is looked up.
      first_tried_at: sql<string>`case when ${given_('state')} in ('queued', 'held') then null
        else outbound_parts.first_tried_at end`,
    })
    .whereRef('outbound_parts.id', '=', given_('id') as never);
});

/** The elements of a JSON list, each as `changed.value`. */
function jsonRows(onSqlite: boolean, list: RawBuilder<string>) {
  return onSqlite
    ? sql<{ value: string }>`json_each(${list})`.as('changed')
    : sql<{ value: string }>`json_array_elements(cast(${list} as json))`.as<'changed'>(sql`changed(value)`);
}

/** @param given.rows a JSON list of messages with what they tell of their failure */
export const markMessages = statement((db, given: Given<{ rows: string }>) =>
  db
    .updateTable('messages')
    .from(jsonRows(isSqlite(db), given.rows))
    .set({ error_message: sql<string>`(changed.value ->> 'error_message')` })
    .where('messages.id', '=', sql<string>`(changed.value ->> 'id')`),
);

/** Nothing failed of these messages any more. */
export const unmarkMessages = statement((db, given: Given<{ ids: readonly string[] }>) =>
  db
    .updateTable('messages')
    .set({ error_message: null })
    .where(isOneOf(db, 'messages.id', given.ids))
    .where('error_message', 'like', sql.lit(`${undeliveredPrefix}%`))
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('outbound_parts')
            .select('outbound_parts.id')
            .whereRef('outbound_parts.message_id', '=', 'messages.id')
            .where('outbound_parts.state', '=', sql.lit('failed')),
        ),
      ),
    ),
);

/** What would come after a part that failed. What is on its way already is left to whoever sends it. */
export const endFollowers = statement((db, given: Given<{ rows: string }>) =>
  db
    .updateTable('outbound_parts')
    .from(jsonRows(isSqlite(db), given.rows))
    .set({
      state: 'failed',
      error_code: sql<string>`(changed.value ->> 'error_code')`,
      error_reason: sql<string>`(changed.value ->> 'error_reason')`,
      failed_at: sql<string>`(changed.value ->> 'failed_at')`,
    })
    .where('outbound_parts.message_id', '=', sql<string>`(changed.value ->> 'id')`)
    .where('outbound_parts.position', '>', sql<number>`cast(changed.value ->> 'position' as integer)`)
    .where('outbound_parts.state', '=', sql.lit('queued')),
);

export const selectEarly = statement((db, given: Given<{ channel: ChannelName; providerId: string }>) =>
  db
    .selectFrom('early_reports')
    .selectAll()
    .where('channel', '=', given.channel)
    .where('provider_id', '=', given.providerId),
);
