import { createHash } from 'node:crypto';
import type { ChannelName } from '#src/domain/identity.ts';
import type { ErasureStore } from '#src/ports/privacy.ts';
import { followMerged } from './follow-merged.ts';
import { inChunks } from './in-chunks.ts';
import type { ErasureRow } from './privacy-tables.ts';
import type { StoreContext } from './unit-of-work.ts';

/** Who somebody is or was, how they may be linked, and what they want. */
const tablesOfWho = [
  'user_identities',
  'past_identities',
  'link_codes',
  'link_tries',
  'consents',
  'notices',
  'broadcast_recipients',
] as const;

/** Names a message without naming anybody: a provider's id may contain a phone number. */
export function digestOf({ channel, providerId }: { channel: ChannelName; providerId: string }): string {
  return createHash('sha256').update(`${channel}\0${providerId}`).digest('base64url');
}

/** Takes a person out of every table but the ledger. */
export function createErasureStore({ trx, clock, newId }: StoreContext): ErasureStore {
  const now = () => clock.now().toISOString();

  async function noteAtProvider(
    userId: string,
    kept: readonly Pick<ErasureRow, 'channel' | 'kind' | 'value'>[],
  ): Promise<void> {
    await inChunks(kept, (chunk) =>
      trx
        .insertInto('erasures')
        .values(chunk.map((item) => ({ id: newId(), user_id: userId, ...item, created_at: now() })))
        .execute(),
    );
  }

  return {
    async whoIs(userId) {
      return (await followMerged(trx, userId))?.id;
    },

    async mergedInto(userId) {
      const rows = await trx.selectFrom('users').select('id').where('merged_into', '=', userId).execute();
      return rows.map((row) => row.id);
    },

    async forget(userId) {
      const { numUpdatedRows } = await trx
        .updateTable('users')
        .set((row) => ({
          phone_number: null,
          whatsapp_name: null,
          username: null,
          is_whitelisted: 0,
          is_active: 0,
          // WHITELISTED_USERS decides about people, and this is none any more.
          access_decided_by: 'owner',
          opted_out_at: null,
          marketing_opted_out_at: null,
          held_since: null,
          untold_since: null,
          last_seen_at: null,
          erased_at: row.fn.coalesce('erased_at', row.val(now())),
          updated_at: now(),
        }))
        .where('id', '=', userId)
        .executeTakeFirstOrThrow();
      // They were named in a list before anybody knew them.
      await trx
        .deleteFrom('broadcast_recipients')
        .where('user_id', 'is', null)
        .where('given', 'in', (known) =>
          known.selectFrom('user_identities').select('value').where('user_id', '=', userId),
        )
        .execute();
      for (const table of tablesOfWho) {
        await trx.deleteFrom(table).where('user_id', '=', userId).execute();
      }
      return numUpdatedRows > 0n;
    },

    async eraseMessages(userId, limit) {
      const messages = await trx
        .selectFrom('messages')
        .select(['id', 'channel', 'direction', 'provider_id'])
        .where('user_id', '=', userId)
        .orderBy('id')
        .limit(limit)
        .execute();
      if (messages.length === 0) {
        await trx.deleteFrom('conversations').where('user_id', '=', userId).execute();
        await trx.deleteFrom('turns').where('user_id', '=', userId).execute();
        return 0;
      }
      const ids = messages.map((message) => message.id);
      const channelOf = new Map(messages.map((message) => [message.id, message.channel]));
      const files = await trx
        .selectFrom('attachments')
        .select(['message_id', 'ref'])
        .where('message_id', 'in', ids)
        .execute();
      const parts = await trx
        .selectFrom('outbound_parts')
        .select(['channel', 'provider_id'])
        .where('message_id', 'in', ids)
        .where('provider_id', 'is not', null)
        .execute();
      const known = [...messages, ...parts].flatMap(({ channel, provider_id }) =>
        provider_id === null ? [] : [{ channel, kind: 'message' as const, value: provider_id }],
      );
      const uploads = await trx
        .selectFrom('uploads')
        .innerJoin('outbound_parts', 'outbound_parts.id', 'uploads.part_id')
        .select(['uploads.channel', 'uploads.ref'])
        .where('outbound_parts.message_id', 'in', ids)
        .execute();
      const received = files.flatMap(({ message_id, ref }) => {
        const channel = channelOf.get(message_id);
        return channel ? [{ channel, ref }] : [];
      });
      const refs = [...received, ...uploads].map(({ channel, ref }) => ({
        channel,
        kind: 'file' as const,
        value: ref,
      }));
      await noteAtProvider(userId, [...refs, ...known]);
      // Reports that came before their message was known carry its id.
      for (const { channel, value } of known) {
        await trx
          .deleteFrom('early_reports')
          .where('channel', '=', channel)
          .where('provider_id', '=', value)
          .execute();
      }
      const digests = messages.flatMap(({ channel, direction, provider_id }) =>
        direction === 'inbound' && provider_id !== null
          ? [{ digest: digestOf({ channel, providerId: provider_id }), created_at: now() }]
          : [],
      );
      if (digests.length > 0) {
        await trx
          .insertInto('erased_messages')
          .values(digests)
          .onConflict((conflict) => conflict.doNothing())
          .execute();
      }
      await trx.deleteFrom('messages').where('id', 'in', ids).execute();
      return messages.length;
    },

    async atProvider(userId, { after, limit }) {
      return trx
        .selectFrom('erasures')
        .select(['id', 'channel', 'kind', 'value'])
        .where('user_id', '=', userId)
        .where('id', '>', after)
        .orderBy('id')
        .limit(limit)
        .execute();
    },

    async deleted(ids) {
      await inChunks(ids, (chunk) => trx.deleteFrom('erasures').where('id', 'in', chunk).execute());
    },

    async usersAtProvider() {
      const rows = await trx.selectFrom('erasures').select('user_id').distinct().execute();
      return rows.map((row) => row.user_id);
    },
  };
}

/** Which of these messages were erased: they come in again, and must not write their sender back. */
export async function findErased(
  trx: StoreContext['trx'],
  messages: readonly { readonly channel: ChannelName; readonly providerId: string }[],
): Promise<ReadonlySet<string>> {
  const rows = await inChunks(messages.map(digestOf), (chunk) =>
    trx.selectFrom('erased_messages').select('digest').where('digest', 'in', chunk).execute(),
  );
  return new Set(rows.map((row) => row.digest));
}
