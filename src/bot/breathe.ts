import { setImmediate } from 'node:timers/promises';

/**
 * Lets the webhooks that wait be acknowledged between two pieces of work on a large document. Awaiting the database does not do
 * that: SQLite answers within the same event-loop turn.
 */
export async function breathe(): Promise<void> {
  await setImmediate();
}
