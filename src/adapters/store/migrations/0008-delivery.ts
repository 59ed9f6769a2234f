import type { Kysely } from 'kysely';

/** When each part came how far, and why it did not; reports about messages that are not known yet. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const times = ['tried_at', 'not_before', 'delivered_at', 'read_at', 'played_at', 'failed_at'];
  for (const name of [...times, 'error_title', 'error_reason', 'rerouted_from']) {
    await db.schema.alterTable('outbound_parts').addColumn(name, 'text').execute();
  }
  for (const name of ['failures', 'excused']) {
    await db.schema
      .alterTable('outbound_parts')
      .addColumn(name, 'integer', (column) => column.notNull().defaultTo(0))
      .execute();
  }

  await db.schema
    .createTable('early_reports')
    .addColumn('channel', 'text', (column) => column.notNull())
    .addColumn('provider_id', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('reference', 'text')
    .addColumn('at', 'text', (column) => column.notNull())
    .addColumn('error_code', 'text')
    .addColumn('error_title', 'text')
    .addColumn('created_at', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('early_reports_key', ['channel', 'provider_id', 'state'])
    .execute();
  await db.schema.createIndex('early_reports_created').on('early_reports').column('created_at').execute();
}
