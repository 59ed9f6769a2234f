import type { Consumption } from '#src/domain/usage.ts';
import type { ReplyRequest } from '#src/ports/ai.ts';

/** One message of a question, in the roles both APIs know. */
export interface QuestionMessage {
  readonly role: 'user' | 'assistant';
  readonly text: string;
}

/** One call to a language model, before it takes the form of either API. */
export interface Question {
  readonly model: string;
  /** Byte-stable and first, so that providers can cache it. */
  readonly instructions: string;
  /** Oldest first; the last is the person's. */
  readonly messages: readonly QuestionMessage[];
  /** A picture that belongs to the last message, as a data URL. */
  readonly imageUrl?: string | undefined;
  /** Reasoning included. */
  readonly maxOutputTokens: number;
  readonly userId: string;
  readonly signal: AbortSignal;
}

/** What came back. */
export interface Answer {
  /** Trimmed; '' when the output limit was spent on reasoning. */
  readonly text: string;
  /** True when the output limit cut the answer. */
  readonly cutOff: boolean;
  readonly used: Consumption;
}

/** One attempt at one API. Throws the vendor's errors as they are, or AppErrors for failures inside a successful answer. */
export type Ask = (question: Question) => Promise<Answer>;

/**
 * The conversation of a reply as messages. What changes every turn comes last, behind everything that can be cached. Context
 * holds other people's documents: it goes in with the person's words, where it has no authority, never as a system message.
 */
export function messagesOfReply(request: ReplyRequest): QuestionMessage[] {
  const earlier = request.history.map(({ role, text }) => ({
    role: role === 'person' ? ('user' as const) : ('assistant' as const),
    text,
  }));
  const now = [request.context, request.text].filter((part) => part !== '').join('\n\n');
  return mergeNeighbors([...earlier, { role: 'user', text: now }]);
}

/** As many as one request can put into the cache. */
const mostBreakpoints = 4;

/**
 * The messages up to which the next prompt repeats this one, by index: the person's latest earlier ones. The last message never
 * comes again as it is, and answers cannot be marked. The next prompt has to mark the same message to find what was put into the
 * cache, so several are, lest turns without an answer of the model come between.
 * https://developers.openai.com/api/docs/guides/prompt-caching
 */
export function cacheBreakpoints(messages: readonly QuestionMessage[]): ReadonlySet<number> {
  const earlier = messages.slice(0, -1).flatMap(({ role }, index) => (role === 'user' ? [index] : []));
  return new Set(earlier.slice(-mostBreakpoints));
}

/** Many local models' chat templates insist on taking turns, and both APIs refuse empty messages. */
function mergeNeighbors(messages: readonly QuestionMessage[]): QuestionMessage[] {
  const merged: QuestionMessage[] = [];
  for (const { role, text } of messages) {
    const message = { role, text: sendable(text) };
    if (message.text.trim() === '') continue;
    const last = merged.at(-1);
    if (last?.role === message.role)
      merged.splice(-1, 1, { ...last, text: `${last.text}\n\n${message.text}` });
    else merged.push(message);
  }
  return merged;
}

/** Text from broken files can hold halves of characters and NULs, which the API answers with 400. */
export function sendable(text: string): string {
  return text.toWellFormed().replaceAll('\0', '');
}
