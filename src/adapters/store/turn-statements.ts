import { type RawBuilder, sql } from 'kysely';
import { isPending, isUnfinished } from './partial-indexes.ts';
import type { MessageRow, TurnRow } from './schema.ts';
import { type Given, insertion, isOneOf, statement } from './statement.ts';

/** A new turn. */
export const insertTurn = insertion('turns');

/** The fence: only messages that nobody has decided about become part of a turn. */
export const allowMessages = statement(
  (db, given: Given<{ ids: readonly string[]; turnId: string; conversationId: string }>) =>
    db
      .updateTable('messages')
      .set({ verdict: 'allowed', turn_id: given.turnId, conversation_id: given.conversationId })
      .where(isOneOf(db, 'id', given.ids))
      .where('verdict', 'is', null)
      .returning('media'),
);

/** Puts the files of a turn's messages into its conversation. */
export const placeFiles = statement(
  (db, given: Given<{ messageIds: readonly string[]; conversationId: string }>) =>
    db
      .updateTable('attachments')
      .set({ conversation_id: given.conversationId })
      .where(isOneOf(db, 'message_id', given.messageIds)),
);

/** The turn that is worked on next. */
export const selectOldestUnfinished = statement((db, given: Given<{ userId: string }>) =>
  db
    .selectFrom('turns')
    .select(['id', 'conversation_id', 'state', 'created_at'])
    .where('user_id', '=', given.userId)
    .where(isUnfinished)
    .orderBy('id')
    .limit(1),
);

/** What the person said in a turn, oldest first. */
export const selectInbound = statement((db, given: Given<{ turnId: string }>) =>
  db
    .selectFrom('messages')
    .selectAll()
    .where('turn_id', '=', given.turnId)
    .where('direction', '=', 'inbound')
    .orderBy('id'),
);

/** The fence: a turn is answered once. */
export const answerTurn = statement(
  (db, given: Given<{ id: string; error_message: string | null; steps: string }>) =>
    db
      .updateTable('turns')
      .set({ state: 'answered', error_message: given.error_message, steps: withSteps(given.steps) })
      .where('id', '=', given.id)
      .where('state', '=', 'open'),
);

/** Messages of an answered turn before its last one. */
export const processMessages = statement(
  (db, given: Given<{ ids: readonly string[]; error_message: string | null }>) =>
    db
      .updateTable('messages')
      .set({ is_processed: 1, error_message: given.error_message })
      .where(isOneOf(db, 'id', given.ids)),
);

type Answered = Pick<
  MessageRow,
  | 'id'
  | 'error_message'
  | 'ai_response'
  | 'ai_model_used'
  | 'prompt_tokens'
  | 'completion_tokens'
  | 'total_tokens'
  | 'cached_tokens'
  | 'cost_micros'
>;

/** The last one: it tells what the answer was, what it cost, and where whoever asked can be reached by now. */
export const answerMessage = statement((db, given: Given<Answered>) =>
  db
    .updateTable('messages')
    .set({
      is_processed: 1,
      error_message: given.error_message,
      ai_response: given.ai_response,
      ai_model_used: given.ai_model_used,
      prompt_tokens: given.prompt_tokens,
      completion_tokens: given.completion_tokens,
      total_tokens: given.total_tokens,
      cached_tokens: given.cached_tokens,
      cost_micros: given.cost_micros,
    })
    .where('id', '=', given.id)
    .returning('reply_address'),
);

/** How a turn ends, and the steps to add. */
type End = Pick<TurnRow, 'id' | 'finished_at' | 'steps'> & {
  state: 'done' | 'failed';
  /** Null leaves the one it has. */
  problem: string | null;
};

/** Fails a turn at any time, but ends it well only once none of its parts is waiting; how it went. */
export const endTurn = statement((db, given: Given<End>) =>
  db
    .updateTable('turns')
    .set(({ fn }) => ({
      state: given.state,
      finished_at: given.finished_at,
      error_message: fn.coalesce(given.problem, 'error_message'),
      steps: withSteps(given.steps),
    }))
    .where('turns.id', '=', given.id)
    .where(isUnfinished)
    .where(({ eb, or, not, exists, selectFrom }) => {
      const parts = selectFrom('outbound_parts').select('outbound_parts.id');
      const waiting = parts.where('outbound_parts.turn_id', '=', given.id).where(isPending);
      return or([eb(given.state, '=', sql.lit('failed')), not(exists(waiting))]);
    })
    .returning(({ selectFrom }) => [
      'turns.steps',
      'turns.error_message',
      selectFrom('outbound_parts')
        .select(({ fn }) => fn.countAll<number>().as('parts'))
        .where('outbound_parts.turn_id', '=', given.id)
        .as('parts'),
    ]),
);

/** What a turn consumed. */
export const selectUsage = statement((db, given: Given<{ turnId: string }>) =>
  db
    .selectFrom('usage_entries')
    .select(['model', 'prompt_tokens', 'completion_tokens', 'cost_micros'])
    .where('turn_id', '=', given.turnId),
);

/** Adds steps to a turn. */
export const addSteps = statement((db, given: Given<Pick<TurnRow, 'id' | 'steps'>>) =>
  db
    .updateTable('turns')
    .set({ steps: withSteps(given.steps) })
    .where('id', '=', given.id),
);

/** The list of steps with those of another one, appended as text: both engines can, and nobody has to read it first. */
function withSteps(more: RawBuilder<string>): RawBuilder<string> {
  const added = sql`cast(${more} as text)`;
  return sql<string>`case when ${added} = '[]' then steps when steps = '[]' then ${added}
    else substr(steps, 1, length(steps) - 1) || ',' || substr(${added}, 2) end`;
}
