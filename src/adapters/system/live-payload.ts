import type { LiveEvent } from '#src/ports/live.ts';

/** Postgres takes fewer than 8,000 bytes a NOTIFY (https://www.postgresql.org/docs/18/sql-notify.html); the rest is the envelope. */
const mostBytes = 7_500;

/** The events as payloads for NOTIFY, as few as possible. An event too long for any is left out: ids and addresses are short. */
export function packEvents(events: readonly LiveEvent[], from: string): string[] {
  const payloads: string[] = [];
  let packed: LiveEvent[] = [];
  let bytes = 0;
  const close = () => {
    if (packed.length > 0) payloads.push(JSON.stringify({ from, events: packed }));
    packed = [];
    bytes = 0;
  };
  for (const event of events) {
    const size = Buffer.byteLength(JSON.stringify(event)) + 1;
    if (size > mostBytes) continue;
    if (bytes + size > mostBytes) close();
    packed.push(event);
    bytes += size;
  }
  close();
  return payloads;
}

/** The events another process packed; none for our own, which have been announced here, and for what is not ours at all. */
export function toEvents(payload: string, self: string): LiveEvent[] {
  try {
    const { from, events } = JSON.parse(payload) as { from?: unknown; events?: unknown };
    return from === self || !Array.isArray(events) ? [] : events.filter(isEvent);
  } catch {
    return [];
  }
}

function isEvent(value: unknown): value is LiveEvent {
  const { kind, userId, address } = (value ?? {}) as Partial<Record<string, unknown>>;
  if (kind === 'changed' || kind === 'typing' || kind === 'stopped') return typeof userId === 'string';
  return kind === 'typing_to' && typeof address === 'string';
}
