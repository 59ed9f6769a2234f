import type { Kysely } from 'kysely';

/** By what people were known before, who became part of whom, and codes that link a new account to a person. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('users').addColumn('username', 'text').execute();
  await db.schema.alterTable('users').addColumn('merged_into', 'text').execute();
  await db.schema.createIndex('users_merged_into').on('users').column('merged_into').execute();
  await db.schema.alterTable('user_identities').addColumn('channel', 'text').execute();

  // Apart from `user_identities`, so that nobody is found by them without asking for it.
  await db.schema
    .createTable('past_identities')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('user_id', 'text', (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('scope', 'text', (column) => column.notNull())
    .addColumn('value', 'text', (column) => column.notNull())
    .addColumn('valid_from', 'text', (column) => column.notNull())
    .addColumn('valid_to', 'text', (column) => column.notNull())
    .execute();
  await db.schema
    .createIndex('past_identities_value')
    .on('past_identities')
    .columns(['kind', 'scope', 'value'])
    .execute();
  await db.schema.createIndex('past_identities_user').on('past_identities').column('user_id').execute();

  await db.schema
    .createTable('link_codes')
    .addColumn('user_id', 'text', (column) => column.primaryKey().references('users.id').onDelete('cascade'))
    .addColumn('salt', 'text', (column) => column.notNull())
    .addColumn('hash', 'text', (column) => column.notNull())
    .addColumn('created_at', 'text', (column) => column.notNull())
    .addColumn('expires_at', 'text', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('link_tries')
    .addColumn('user_id', 'text', (column) => column.primaryKey().references('users.id').onDelete('cascade'))
    .addColumn('day', 'text', (column) => column.notNull())
    .addColumn('wrong', 'integer', (column) => column.notNull())
    .execute();
}
