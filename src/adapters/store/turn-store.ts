import { LostLease } from '#src/domain/errors.ts';
import type { Turn, TurnStep } from '#src/domain/turn.ts';
import type { TurnStore, TurnStory } from '#src/ports/stores.ts';
import { hasFiles, readAttachments, toStoredMessage } from './message-rows.ts';
import { optedOut } from './opted-out.ts';
import { insertOutbound } from './outbound-rows.ts';
import type { Database } from './schema.ts';
import { superseded } from './supersede-turns.ts';
import {
  addSteps,
  allowMessages,
  answerMessage,
  answerTurn,
  endTurn,
  insertTurn,
  placeFiles,
  processMessages,
  selectInbound,
  selectOldestUnfinished,
  selectUsage,
} from './turn-statements.ts';
import type { StoreContext } from './unit-of-work.ts';
import { addUsage } from './usage-store.ts';

/** Turns from their first message to their last delivered part. */
export function createTurnStore(context: StoreContext): TurnStore {
  const { trx, clock, newId } = context;
  const now = () => clock.now().toISOString();
  return {
    async open({ userId, conversationId, messageIds }) {
      const turnId = newId();
      await insertTurn(trx, {
        id: turnId,
        user_id: userId,
        conversation_id: conversationId,
        state: 'open',
        error_message: null,
        steps: '[]',
        created_at: now(),
        finished_at: null,
      });
      const allowed = await allowMessages.all(trx, { ids: messageIds, turnId, conversationId });
      if (allowed.length < messageIds.length) throw new LostLease('the messages were decided on elsewhere');
      if (allowed.some(hasFiles)) await placeFiles.change(trx, { messageIds, conversationId });
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
      const turn = await selectOldestUnfinished.first(trx, { userId });
      if (!turn) return undefined;
      const messages = await selectInbound.all(trx, { turnId: turn.id });
      // Once there is an answer nobody reads the documents again; while there is none, an interrupted run may have.
      const attachments = await readAttachments(trx, messages, { withText: turn.state === 'open' });
      return {
        id: turn.id,
        userId,
        conversationId: turn.conversation_id,
        state: turn.state === 'answered' ? 'answered' : 'open',
        messages: messages.map((message) => toStoredMessage(message, attachments)),
        createdAt: new Date(turn.created_at),
      };
    },

    async answer(turn, { text, parts, usage, problem, ms, historyFrom, choices }) {
      const last = turn.messages.at(-1);
      if (!last) return { parts: [], turn };
      const error_message = problem ?? null;
      const steps = toJson(ms === undefined ? [] : [{ step: 'answer', ms }]);
      const answered = await answerTurn.change(trx, { id: turn.id, error_message, steps });
      if (answered === 0) {
        if (!(await wasEndedByPerson(trx, turn))) throw new LostLease('the turn was answered elsewhere');
        // Nobody wants to hear it any more, but it was paid for.
        if (usage) await addUsage(context, usage, { userId: turn.userId, turnId: turn.id });
        return { parts: [], turn: undefined };
      }
      const others = turn.messages.slice(0, -1).map((message) => message.id);
      if (others.length > 0) await processMessages.change(trx, { ids: others, error_message });
      // The whole exchange can be read off the turn's last inbound row, and sums over messages count each token once.
      const asked = await answerMessage.first(trx, {
        id: last.id,
        error_message,
        ai_response: text,
        ai_model_used: usage?.model ?? null,
        prompt_tokens: usage?.promptTokens ?? 0,
        completion_tokens: usage?.completionTokens ?? 0,
        total_tokens: (usage?.promptTokens ?? 0) + (usage?.completionTokens ?? 0),
        cached_tokens: usage?.cachedTokens ?? 0,
        cost_micros: usage?.costMicros ?? 0,
      });
      if (usage) await addUsage(context, usage, { userId: turn.userId, turnId: turn.id });
      const queued = await insertOutbound(context, {
        userId: turn.userId,
        conversationId: turn.conversationId,
        turnId: turn.id,
        channel: last.channel,
        // They may have moved since the turn was read.
        to: asked?.reply_address ?? last.replyAddress,
        from: last.ownAddress,
        // Meta alone can quote; elsewhere it would be stored for nobody.
        quotes: last.channel === 'meta' ? last.providerId : undefined,
        text,
        model: usage?.model ?? null,
        details: { historyFrom },
        extras: choices && { choices },
        parts,
        isBegun: true,
      });
      return { parts: queued, turn: { ...turn, state: 'answered' } };
    },

    async finish(turnId, { failed, ms }) {
      const turn = await endTurn.first(trx, {
        id: turnId,
        state: failed ? 'failed' : 'done',
        problem: failed || null,
        finished_at: now(),
        steps: toJson(ms === undefined ? [] : [{ step: 'deliver', ms }]),
      });
      return turn && tellStory(turn, await selectUsage.all(trx, { turnId }));
    },

    async addStep(turnId, step) {
      await addSteps.change(trx, { id: turnId, steps: toJson([step]) });
    },

    async setMessageType(messageId, type) {
      await trx.updateTable('messages').set({ message_type: type }).where('id', '=', messageId).execute();
    },
  };
}

/** Whether a turn is over because the person sent STOP or changed what they had said, or gone because they were erased. */
async function wasEndedByPerson(trx: StoreContext['trx'], turn: Turn): Promise<boolean> {
  const user = await trx
    .selectFrom('users')
    .leftJoin('turns', (join) => join.onRef('turns.user_id', '=', 'users.id').on('turns.id', '=', turn.id))
    .select(['users.erased_at', 'turns.state', 'turns.error_message'])
    .where('users.id', '=', turn.userId)
    .executeTakeFirst();
  if (!user) return false;
  if (user.erased_at !== null) return true;
  return (
    user.state === 'failed' && (user.error_message === optedOut.code || user.error_message === superseded)
  );
}

function toJson(steps: readonly TurnStep[]): string {
  return JSON.stringify(steps);
}

/** What the log says about a turn: milliseconds by step, models, tokens and cost, and how many parts it had. */
function tellStory(
  turn: { steps: string; error_message: string | null; parts: number | null },
  usage: readonly Pick<
    Database['usage_entries'],
    'model' | 'prompt_tokens' | 'completion_tokens' | 'cost_micros'
  >[],
): TurnStory {
  const steps = JSON.parse(turn.steps) as TurnStep[];
  const sum = (column: 'prompt_tokens' | 'completion_tokens' | 'cost_micros') =>
    usage.reduce((total, entry) => total + entry[column], 0);
  return {
    stepMs: Object.fromEntries(steps.map(({ step, ms }) => [step, ms])),
    models: [...new Set(usage.map((entry) => entry.model))],
    promptTokens: sum('prompt_tokens'),
    completionTokens: sum('completion_tokens'),
    costMicros: sum('cost_micros'),
    parts: Number(turn.parts),
    problem: turn.error_message ?? undefined,
  };
}
