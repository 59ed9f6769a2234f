import type { PartAddress } from '#src/ports/outbox.ts';
import type { Addressee, OutreachStore } from '#src/ports/outreach.ts';
import { createConversationStore } from './conversation-store.ts';
import { followMerged } from './follow-merged.ts';
import { insertKnownPhone } from './known-phone.ts';
import { insertOutbound } from './outbound-rows.ts';
import { retiredAddresses } from './retire-identities.ts';
import type { StoreContext } from './unit-of-work.ts';

/** How many of a person's latest messages are looked through for the channels they use. */
const lookedThrough = 100;

/** What is sent on the owner's behalf. */
export function createOutreachStore(context: StoreContext): OutreachStore {
  const { trx, clock } = context;

  async function read(id: string): Promise<Addressee | undefined> {
    const user = await followMerged(trx, id);
    if (!user) return undefined;
    const userId = user.id;
    const bsuid = await trx
      .selectFrom('user_identities')
      .select('value')
      .where('user_id', '=', userId)
      .where('kind', '=', 'bsuid')
      .where('scope', '=', '')
      .orderBy('id', 'desc')
      .limit(1)
      .executeTakeFirst();
    return {
      userId,
      phone: user.phone_number ?? undefined,
      bsuid: bsuid?.value,
      isSimulated: user.is_simulated === 1,
      hasOptedOut: user.opted_out_at !== null,
      hasOptedOutOfMarketing: user.marketing_opted_out_at !== null,
    };
  }

  return {
    async find(key) {
      if ('userId' in key) return read(key.userId);
      const { kind, scope, value } = key.identity;
      const known = await trx
        .selectFrom('user_identities')
        .select('user_id')
        .where('kind', '=', kind)
        .where('scope', '=', scope)
        .where('value', '=', value)
        .executeTakeFirst();
      return known && read(known.user_id);
    },

    async add(phone, isWelcome) {
      const person = { phone, isWhitelisted: isWelcome, decidedBy: 'settings' as const };
      const { id } = await insertKnownPhone(context, person);
      return {
        userId: id,
        phone,
        bsuid: undefined,
        isSimulated: false,
        hasOptedOut: false,
        hasOptedOutOfMarketing: false,
      };
    },

    async addresses(userId) {
      const rows = await trx
        .selectFrom('messages')
        .select(['channel', 'reply_address as to', 'own_address as from'])
        .where('user_id', '=', userId)
        .where('direction', '=', 'inbound')
        .orderBy('created_at', 'desc')
        .orderBy('id', 'desc')
        .limit(lookedThrough)
        .execute();
      const retired = await retiredAddresses(trx, userId);
      const latest = new Map<string, PartAddress>();
      for (const row of rows)
        if (!latest.has(row.channel) && !retired.has(row.to)) latest.set(row.channel, row);
      return [...latest.values()];
    },

    async post({ userId, channel, to, from, parts, extras }) {
      const conversationId = await createConversationStore(context).active(userId);
      const template = extras?.template && { name: extras.template.name, language: extras.template.language };
      const [first] = await insertOutbound(context, {
        userId,
        conversationId,
        turnId: null,
        channel,
        to,
        from,
        text: parts.join('\n'),
        model: null,
        details: { template },
        parts,
        extras,
        isBegun: false,
      });
      const { message_id } = await trx
        .selectFrom('outbound_parts')
        .select('message_id')
        .where('id', '=', first?.id ?? '')
        .executeTakeFirstOrThrow();
      return message_id;
    },

    async earlier(key) {
      const row = await trx
        .selectFrom('idempotency_keys')
        .select(['message_id', 'digest'])
        .where('key', '=', key)
        .executeTakeFirst();
      return row && { messageId: row.message_id, digest: row.digest };
    },

    async remember(key, { messageId, digest }) {
      const created_at = clock.now().toISOString();
      await trx
        .insertInto('idempotency_keys')
        .values({ key, message_id: messageId, digest, created_at })
        .execute();
    },

    async forgetKeys(before) {
      await trx.deleteFrom('idempotency_keys').where('created_at', '<', before.toISOString()).execute();
    },
  };
}
