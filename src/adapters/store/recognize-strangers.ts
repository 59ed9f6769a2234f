import type { Identity } from '#src/domain/identity.ts';
import type { InboundMessage } from '#src/domain/message.ts';
import { digestOf, findErased } from './erasure-store.ts';
import { inChunks } from './in-chunks.ts';
import { keyOf, provenIdentities, timeOf } from './proven-identities.ts';
import type { StoreContext } from './unit-of-work.ts';

/** Who wrote a message, and where they can be reached by now. */
interface LateSender {
  readonly userId: string;
  readonly isAllowed: boolean;
  readonly replyAddress: string | undefined;
}

/** What is known of messages whose senders nobody is known by. */
interface Recognized {
  /** Messages that are stored already, or were erased: they must not make anybody known. */
  readonly repeated: ReadonlySet<InboundMessage>;
  /** Messages that somebody wrote while the identity was still theirs, or by an id that was. */
  readonly late: ReadonlyMap<InboundMessage, LateSender>;
  /** Identities by which a list does not mean who has them now, see `barsNext`. */
  readonly barred: ReadonlySet<string>;
}

/** Looks at messages before they make somebody known; no query when there are none. */
export async function recognizeStrangers(
  { trx, clock }: StoreContext,
  messages: readonly InboundMessage[],
): Promise<Recognized> {
  const erased = await findErased(trx, messages);
  const stored = await findStored(trx, messages);
  const identities = messages.flatMap(provenIdentities);
  const past = await findPast(trx, identities);
  const late = new Map<InboundMessage, LateSender>();
  if (past.length > 0) {
    for (const message of messages) {
      const sentAt = message.sentAtMs === undefined ? undefined : timeOf(message, clock.now());
      const keys = new Set(provenIdentities(message).map(keyOf));
      const whose = past.find(
        (row) =>
          keys.has(keyOf(row)) &&
          // Nobody gets an id that was somebody's.
          (row.kind !== 'phone' ||
            (sentAt !== undefined && row.valid_from <= sentAt && sentAt <= row.valid_to)),
      );
      if (!whose) continue;
      const last = await trx
        .selectFrom('messages')
        .select('reply_address')
        .where('user_id', '=', whose.user_id)
        .where('channel', '=', message.channel)
        .where('direction', '=', 'inbound')
        .orderBy('id', 'desc')
        .limit(1)
        .executeTakeFirst();
      late.set(message, {
        userId: whose.user_id,
        isAllowed: whose.is_whitelisted === 1 && whose.is_active === 1,
        replyAddress: last?.reply_address,
      });
    }
  }
  return {
    repeated: new Set(
      messages.filter((message) => erased.has(digestOf(message)) || stored.has(message.providerId)),
    ),
    late,
    barred: new Set(past.filter(barsNext).map(keyOf)),
  };
}

/** Which of these messages are stored already, by their provider ids. */
export async function findStored(
  trx: StoreContext['trx'],
  messages: readonly Pick<InboundMessage, 'channel' | 'providerId'>[],
): Promise<ReadonlySet<string>> {
  const channels = [...new Set(messages.map((message) => message.channel))];
  const ids = messages.map((message) => message.providerId);
  const rows = await inChunks(ids, (chunk) =>
    trx
      .selectFrom('messages')
      .select(['channel', 'provider_id'])
      .where('channel', 'in', channels)
      .where('provider_id', 'in', chunk)
      .execute(),
  );
  return new Set(rows.map((row) => row.provider_id ?? ''));
}

/**
 * Whether a list that names a number does not mean whoever has it after this person: they have moved away from it and are meant
 * themselves, or they were barred by the owner, for whom a new account is no way around it.
 */
export function barsNext(
  past: Pick<Past, 'is_taken' | 'is_active' | 'is_whitelisted' | 'access_decided_by'>,
) {
  const isBarred = past.is_active === 0 || (past.access_decided_by === 'owner' && past.is_whitelisted === 0);
  return past.is_taken === 0 || isBarred;
}

type Past = Awaited<ReturnType<typeof findPast>>[number];

/** Who had these identities, the latest holder first. */
export async function findPast(trx: StoreContext['trx'], identities: readonly Identity[]) {
  const rows = await inChunks([...new Set(identities.map((identity) => identity.value))], (chunk) =>
    trx
      .selectFrom('past_identities')
      .innerJoin('users', 'users.id', 'past_identities.user_id')
      .select([
        'past_identities.id',
        'kind',
        'scope',
        'value',
        'user_id',
        'valid_from',
        'valid_to',
        'is_taken',
      ])
      .select(['is_whitelisted', 'is_active', 'access_decided_by'])
      .where('kind', 'in', ['phone', 'bsuid', 'parent_bsuid'])
      .where('scope', 'in', [...new Set(identities.map((identity) => identity.scope))])
      .where('value', 'in', chunk)
      .execute(),
  );
  return rows.sort((a, b) => (a.valid_to < b.valid_to ? 1 : -1));
}
