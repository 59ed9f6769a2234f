import type { Recipient } from '#src/domain/broadcast.ts';
import type { ChannelName } from '#src/domain/identity.ts';
import type { InboundMessage } from '#src/domain/message.ts';
import type { PersonFacts } from '#src/ports/broadcasts.ts';
import { inChunks } from './in-chunks.ts';
import type { StoreContext } from './unit-of-work.ts';

type Trx = StoreContext['trx'];

/**
 * What is known of many people at once, in the order they are asked for; undefined for whoever nobody has met.
 * @param since messages before that say nothing about an open window
 */
export async function readPersonFacts(
  trx: Trx,
  recipients: readonly Recipient[],
  since: Date,
): Promise<(PersonFacts | undefined)[]> {
  const ids = await findIds(trx, recipients);
  const users = await inChunks([...new Set(ids.values())], (chunk) =>
    trx
      .selectFrom('users')
      .selectAll()
      .where('id', 'in', chunk)
      .where('erased_at', 'is', null)
      .where('merged_into', 'is', null)
      .execute(),
  );
  const userIds = users.map((user) => user.id);
  const bsuids = await inChunks(userIds, (chunk) =>
    trx
      .selectFrom('user_identities')
      .select(['user_id', 'value'])
      .where('user_id', 'in', chunk)
      .where('kind', '=', 'bsuid')
      .where('scope', '=', '')
      .orderBy('id')
      .execute(),
  );
  const bsuidOf = new Map(bsuids.map((row) => [row.user_id, row.value]));
  const latest = await readLatest(trx, userIds);
  const wrote = await readWrote(trx, userIds, since);
  const facts = new Map(
    users.map((user): [string, PersonFacts] => [
      user.id,
      {
        person: {
          userId: user.id,
          phone: user.phone_number ?? undefined,
          bsuid: bsuidOf.get(user.id),
          isSimulated: user.is_simulated === 1,
          hasOptedOut: user.opted_out_at !== null,
          hasOptedOutOfMarketing: user.marketing_opted_out_at !== null,
        },
        used: (latest.get(user.id) ?? []).map(({ channel, to, from }) => ({ channel, to, from })),
        wroteAt: wrote.get(user.id) ?? new Map(),
      },
    ]),
  );
  return recipients.map((recipient) => facts.get(ids.get(nameOf(recipient)) ?? ''));
}

const nameOf = ({ kind, given }: Recipient) => `${kind} ${given}`;

async function findIds(trx: Trx, recipients: readonly Recipient[]): Promise<Map<string, string>> {
  const ids = new Map<string, string>();
  for (const one of recipients) if (one.kind === 'user_id') ids.set(nameOf(one), one.given);
  for (const kind of ['phone', 'bsuid'] as const) {
    const values = recipients.filter((one) => one.kind === kind).map((one) => one.given);
    const rows = await inChunks(values, (chunk) =>
      trx
        .selectFrom('user_identities')
        .select(['value', 'user_id'])
        .where('kind', '=', kind)
        .where('scope', '=', '')
        .where('value', 'in', chunk)
        .execute(),
    );
    for (const { value, user_id } of rows) ids.set(`${kind} ${value}`, user_id);
  }
  return ids;
}

/** The last message of each channel, the latest first. */
async function readLatest(trx: Trx, userIds: readonly string[]) {
  const rows = await inChunks(userIds, async (chunk) => {
    const last = await trx
      .selectFrom('messages')
      // Ids sort by creation.
      .select(({ fn }) => fn.max('id').as('id'))
      .where('user_id', 'in', chunk)
      .where('direction', '=', 'inbound')
      .groupBy(['user_id', 'channel'])
      .execute();
    return inChunks(
      last.map(({ id }) => id),
      (ids) =>
        trx
          .selectFrom('messages')
          .select(['id', 'user_id', 'channel', 'reply_address as to', 'own_address as from'])
          .where('id', 'in', ids)
          .orderBy('id', 'desc')
          .execute(),
    );
  });
  return Map.groupBy(rows, (row) => row.user_id);
}

async function readWrote(trx: Trx, userIds: readonly string[], since: Date) {
  const wrote = new Map<string, Map<ChannelName, number>>();
  const rows = await inChunks(userIds, (chunk) =>
    trx
      .selectFrom('messages')
      .select(['user_id', 'channel', 'details', 'created_at'])
      .where('user_id', 'in', chunk)
      .where('direction', '=', 'inbound')
      .where('created_at', '>=', since.toISOString())
      .execute(),
  );
  for (const { user_id, channel, details, created_at } of rows) {
    const { sentAtMs, change } = JSON.parse(details) as Pick<InboundMessage, 'sentAtMs' | 'change'>;
    // A new number is the provider's word, and a correction nothing new.
    if (change) continue;
    const times = wrote.get(user_id) ?? new Map<ChannelName, number>();
    times.set(channel, Math.max(times.get(channel) ?? 0, sentAtMs ?? Date.parse(created_at)));
    wrote.set(user_id, times);
  }
  return wrote;
}
