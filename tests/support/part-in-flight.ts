import type { Kysely } from 'kysely';
import type { Database } from '#src/adapters/store/schema.ts';
import type { ChannelName } from '#src/domain/identity.ts';
import type { UnitOfWork } from '#src/ports/stores.ts';
import { inboundText } from './inbound.ts';

/** Somebody who wrote, and parts that were begun for them. */
export async function beginParts(
  work: UnitOfWork,
  texts: readonly string[],
  { phone = '+15550001111', channel = 'twilio' as ChannelName } = {},
): Promise<{ userId: string; partIds: string[] }> {
  return work.run(async (stores) => {
    const [message] = await stores.inbox.accept([inboundText(phone, 'hello', { channel })], () => true);
    const userId = message?.userId ?? '';
    const [stored] = await stores.inbox.undecided(userId);
    if (!stored) throw new Error('nothing was stored');
    for (const text of texts) await stores.outbox.queueNotice(stored, [text]);
    const pending = await stores.outbox.pending(userId);
    for (const part of pending) await stores.outbox.sending(part);
    return { userId, partIds: pending.map((part) => part.id) };
  });
}

/** What is stored of parts, in order. */
export function readParts(db: Kysely<Database>) {
  return db.selectFrom('outbound_parts').selectAll().orderBy('id').execute();
}
