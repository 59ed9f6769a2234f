import { type RawBuilder, sql } from 'kysely';
import { LostLease } from '#src/domain/errors.ts';
import type { TurnStep } from '#src/domain/turn.ts';
import type { TurnStore, TurnStory } from '#src/ports/stores.ts';
import { inChunks } from './in-chunks.ts';
import { readAttachments, toStoredMessage } from './message-rows.ts';
import { insertOutbound } from './outbound-rows.ts';
import { isPending, isUnfinished } from './partial-indexes.ts';
import type { StoreContext } from './unit-of-work.ts';
import { addUsage } from './usage-store.ts';

/** Turns from their first message to their last delivered part. */
export function createTurnStore(context: StoreContext): TurnStore {
  const { trx, clock, newId } = context;
  const now = () => clock.now().toISOString();
  return {
    async open({ userId, conversationId, messageIds }) {
      const id = newId();
      await trx
        .insertInto('turns')
        .values({
          id,
          user_id: userId,
          conversation_id: conversationId,
          state: 'open',
          error_message: null,
          steps: '[]',
          created_at: now(),
          finished_at: null,
        })
        .execute();
      const place = { conversation_id: conversationId };
      await inChunks(messageIds, (ids) =>
        trx
          .updateTable('messages')
          .set({ ...place, turn_id: id })
          .where('id', 'in', ids)
          .execute(),
      );
      await inChunks(messageIds, (ids) =>
        trx.updateTable('attachments').set(place).where('message_id', 'in', ids).execute(),
      );
      await trx
        .updateTable('conversations')
        .set({ updated_at: now() })
        .where('id', '=', conversationId)
        .execute();
    },

    async repeated(turnId) {
      const { repeats } = await trx
        .updateTable('turns')
        .set((row) => ({ repeats: row('repeats', '+', 1) }))
        .where('id', '=', turnId)
        .returning('repeats')
        .executeTakeFirstOrThrow();
      return repeats;
    },

    async next(userId) {
      const turn = await trx
        .selectFrom('turns')
        .selectAll()
        .where('user_id', '=', userId)
        .where(isUnfinished)
        .orderBy('id')
        .limit(1)
        .executeTakeFirst();
      if (!turn) return undefined;
      const messages = await trx
        .selectFrom('messages')
        .selectAll()
        .where('turn_id', '=', turn.id)
        .where('direction', '=', 'inbound')
        .orderBy('id')
        .execute();
      const attachments = await readAttachments(
        trx,
        messages.map((message) => message.id),
        // Once there is an answer nobody reads the documents again; while there is none, an interrupted run may have.
        { withText: turn.state === 'open' },
      );
      return {
        id: turn.id,
        userId: turn.user_id,
        conversationId: turn.conversation_id,
        state: turn.state === 'answered' ? 'answered' : 'open',
        messages: messages.map((message) => toStoredMessage(message, attachments)),
        createdAt: new Date(turn.created_at),
      };
    },

    async answer(turn, { text, parts, usage, problem, ms, historyFrom }) {
      const last = turn.messages.at(-1);
      if (!last) return { parts: [], turn };
      const { numUpdatedRows } = await trx
        .updateTable('turns')
        .set({
          state: 'answered',
          error_message: problem ?? null,
          ...(ms !== undefined && { steps: withStep({ step: 'answer', ms }) }),
        })
        .where('id', '=', turn.id)
        .where('state', '=', 'open')
        .executeTakeFirstOrThrow();
      if (numUpdatedRows === 0n) throw new LostLease('the turn was answered elsewhere');
      const processed = { is_processed: 1 as const, error_message: problem ?? null };
      const others = turn.messages.slice(0, -1).map((message) => message.id);
      await inChunks(others, (ids) =>
        trx.updateTable('messages').set(processed).where('id', 'in', ids).execute(),
      );
      // The whole exchange can be read off the turn's last inbound row, and sums over messages count each token once.
      await trx
        .updateTable('messages')
        .set({
          ...processed,
          ai_response: text,
          ai_model_used: usage?.model ?? null,
          prompt_tokens: usage?.promptTokens ?? 0,
          completion_tokens: usage?.completionTokens ?? 0,
          total_tokens: (usage?.promptTokens ?? 0) + (usage?.completionTokens ?? 0),
          cached_tokens: usage?.cachedTokens ?? 0,
          cost_micros: usage?.costMicros ?? 0,
        })
        .where('id', '=', last.id)
        .execute();
      if (usage) await addUsage(context, usage, { userId: turn.userId, turnId: turn.id });
      const queued = await insertOutbound(context, {
        userId: turn.userId,
        conversationId: turn.conversationId,
        turnId: turn.id,
        channel: last.channel,
        to: last.replyAddress,
        from: last.ownAddress,
        text,
        model: usage?.model ?? null,
        details: { historyFrom },
        parts,
        isBegun: true,
      });
      return { parts: queued, turn: { ...turn, state: 'answered' } };
    },

    async finish(turnId, { failed, ms }) {
      const unfinished = trx
        .updateTable('turns')
        .where('turns.id', '=', turnId)
        .where(isUnfinished)
        .returning(['steps', 'error_message']);
      const end = {
        finished_at: now(),
        ...(ms !== undefined && { steps: withStep({ step: 'deliver', ms }) }),
      };
      const change = failed
        ? unfinished.set({ ...end, state: 'failed', error_message: failed })
        : unfinished.set({ ...end, state: 'done' }).where(({ not, exists, selectFrom }) => {
            const parts = selectFrom('outbound_parts').select('outbound_parts.id');
            return not(exists(parts.where('outbound_parts.turn_id', '=', turnId).where(isPending)));
          });
      const turn = await change.executeTakeFirst();
      return turn && readStory(trx, turnId, turn);
    },

    async addStep(turnId, step) {
      await trx
        .updateTable('turns')
        .set({ steps: withStep(step) })
        .where('id', '=', turnId)
        .execute();
    },

    async setMessageType(messageId, type) {
      await trx.updateTable('messages').set({ message_type: type }).where('id', '=', messageId).execute();
    },
  };
}

/** The list of steps with one more, appended as text: both engines can, and nobody has to read it first. */
function withStep(step: TurnStep): RawBuilder<string> {
  const json = JSON.stringify(step);
  return sql<string>`case when steps = '[]' then ${`[${json}]`} else substr(steps, 1, length(steps) - 1) || ${`,${json}]`} end`;
}

/** What the log says about a turn: milliseconds by step, models, tokens and cost, and how many parts it had. */
async function readStory(
  trx: StoreContext['trx'],
  turnId: string,
  turn: { steps: string; error_message: string | null },
): Promise<TurnStory> {
  const usage = await trx
    .selectFrom('usage_entries')
    .select(['model', 'prompt_tokens', 'completion_tokens', 'cost_micros'])
    .where('turn_id', '=', turnId)
    .execute();
  const { parts } = await trx
    .selectFrom('outbound_parts')
    .select(({ fn }) => fn.countAll<number>().as('parts'))
    .where('turn_id', '=', turnId)
    .executeTakeFirstOrThrow();
  const steps = JSON.parse(turn.steps) as TurnStep[];
  const sum = (column: 'prompt_tokens' | 'completion_tokens' | 'cost_micros') =>
    usage.reduce((total, entry) => total + entry[column], 0);
  return {
    stepMs: Object.fromEntries(steps.map(({ step, ms }) => [step, ms])),
    models: [...new Set(usage.map((entry) => entry.model))],
    promptTokens: sum('prompt_tokens'),
    completionTokens: sum('completion_tokens'),
    costMicros: sum('cost_micros'),
    parts: Number(parts),
    problem: turn.error_message ?? undefined,
  };
}
