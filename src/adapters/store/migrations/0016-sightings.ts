import type { Kysely } from 'kysely';

/** Where ids of people were seen; whether a number was given up or somebody else has shown it. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('user_identities').addColumn('places', 'text').execute();
  await db.schema
    .alterTable('past_identities')
    .addColumn('is_taken', 'integer', (column) => column.notNull().defaultTo(0))
    .execute();
  // Ids without a channel are from when there was no other one.
  await (db as Kysely<{ user_identities: { kind: string; scope: string; channel: null; places: string } }>)
    .updateTable('user_identities')
    .set({ places: 'twilio' })
    .where('kind', '=', 'bsuid')
    .where('scope', '=', '')
    .where('channel', 'is', null)
    .execute();
}
