import type { Kysely } from 'kysely';

/** Channels that have stopped, and what their owner should see to, each with a mark of the settings it was found with. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('channel_stops')
    .addColumn('channel', 'text', (column) => column.notNull())
    .addColumn('fingerprint', 'text', (column) => column.notNull())
    .addColumn('code', 'text', (column) => column.notNull())
    .addColumn('words', 'text', (column) => column.notNull())
    .addColumn('witness', 'text', (column) => column.notNull())
    .addColumn('rest_ms', 'integer', (column) => column.notNull())
    .addColumn('since', 'text', (column) => column.notNull())
    .addColumn('until', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('channel_stops_key', ['channel', 'fingerprint'])
    .execute();
  await db.schema
    .createTable('channel_alerts')
    .addColumn('channel', 'text', (column) => column.notNull())
    .addColumn('fingerprint', 'text', (column) => column.notNull())
    .addColumn('code', 'text', (column) => column.notNull())
    .addColumn('words', 'text', (column) => column.notNull())
    .addColumn('since', 'text', (column) => column.notNull())
    .addColumn('last_at', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('channel_alerts_key', ['channel', 'fingerprint', 'code'])
    .execute();
}
