import { hash } from 'node:crypto';
import type { ModelProfile } from '#config/models.ts';
import { isOfficialHost } from '#config/openai-hosts.ts';
import { ProviderUnavailable } from '#src/domain/errors.ts';
import type { Ai } from '#src/ports/ai.ts';
import type { Exchange } from '#src/ports/exchange.ts';
import type { Log } from '#src/ports/system.ts';
import { createChatCompletions } from './chat-completions.ts';
import { type CallTimeouts, callTimeouts, createClient } from './client.ts';
import { dialectFor } from './dialect.ts';
import { type Answer, messagesOfReply, type Question, sendable } from './question.ts';
import { createResponses } from './responses.ts';
import { transcribe } from './transcribe.ts';
import { addConsumption } from './usage.ts';
import { type RetryOptions, retryOptions, withRetries } from './with-retries.ts';

export interface OpenAiDeps {
  readonly apiKey: string;
  /** Undefined = OpenAI's own. */
  readonly baseUrl: string | undefined;
  readonly api: 'responses' | 'chat';
  readonly model: string;
  readonly visionModel: string;
  readonly transcribeModel: string;
  /** What is known of a model; models that are not known get plain requests. */
  readonly profileOf: (model: string) => ModelProfile | undefined;
  /** Mixed into the hash that stands for a person, so that it cannot be reversed by trying ids. */
  readonly safetySalt: string;
  /** Sends questions; recordings are uploaded beside it. */
  readonly exchange: Exchange;
  readonly log: Log;
  /** Told each time the same thing is asked again. */
  readonly onRetry?: ((operation: 'reply' | 'look' | 'transcribe') => void) | undefined;
  readonly timeouts?: CallTimeouts;
  readonly retries?: RetryOptions;
}

/** Output limits in tokens: the first try, and the second when reasoning, which counts too, has eaten all of that. */
interface Room {
  readonly first: number;
  readonly second: number;
}
/** A long chat answer is about 1,000 tokens; the rest is for reasoning. */
const room: Room = { first: 4_000, second: 16_000 };
/** For servers we know nothing of: a local model's whole context may be 4,096 tokens, and the limit is taken from it. */
const roomElsewhere: Room = { first: 2_000, second: 4_000 };
/** A densely printed page or table is longer than any chat answer. */
const lookFactor = 2;

/**
 * The model behind an OpenAI-compatible server. Short trouble is waited out (with-retries.ts); what is thrown is always an
 * AppError. A call aborted through its signal throws the signal's reason if that is an AppError, else one with code `stopping`.
 */
export function createOpenAi(deps: OpenAiDeps): Ai {
  const { profileOf, retries = retryOptions, timeouts = callTimeouts, log, onRetry } = deps;
  const client = createClient(deps);
  const createAsk = deps.api === 'responses' ? createResponses : createChatCompletions;
  const ask = createAsk({
    client,
    timeoutMs: timeouts.replyMs,
    dialectOf: (model) => dialectFor(deps.baseUrl, profileOf(model)),
    // One for each person: prompts repeat what that person's last one said, and more than some 15 a minute with the same key are
    // spread over several caches.
    cacheKeyOf: ({ instructions, userId }) =>
      sha256(`${deps.safetySalt}${instructions}\n${userId}`).slice(0, 32),
    safetyIdentifierOf: (userId) => sha256(deps.safetySalt + userId),
    // On Azure the name we ask for is the deployment's; the price is the answering model's.
    billedModel: (asked, answered) =>
      answered && !profileOf(asked) && profileOf(answered) ? answered : asked,
  });

  function roomFor(model: string, factor: number): Room {
    const profile = profileOf(model);
    const { first, second } = profile || isOfficialHost(deps.baseUrl) ? room : roomElsewhere;
    const most = profile?.maxOutputTokens ?? Number.POSITIVE_INFINITY;
    return { first: Math.min(first * factor, most), second: Math.min(second * factor, most) };
  }

  /** Asks, and once more with more room when reasoning left none for an answer. Both calls are paid and counted. */
  async function answer(
    operation: 'reply' | 'look',
    question: Omit<Question, 'maxOutputTokens'>,
    factor = 1,
  ): Promise<Answer> {
    const { model, signal } = question;
    const { first, second } = roomFor(model, factor);
    const attempt = (maxOutputTokens: number) =>
      withRetries(
        () => ask({ ...question, maxOutputTokens }).then(notEmpty),
        { signal, log, model, onRetry: () => onRetry?.(operation) },
        retries,
      );
    const answered = await attempt(first);
    if (answered.text !== '') return answered;
    log.warn(
      { model, maxOutputTokens: first },
      'no answer within the output limit; asking again with more room',
    );
    const again = await attempt(second);
    if (again.text === '') throw emptyAnswer();
    return { ...again, used: addConsumption(answered.used, again.used) };
  }

  return {
    canSee: profileOf(deps.visionModel)?.vision ?? true,
    canHear: true,
    async reply(request) {
      const { instructions, userId, signal } = request;
      const messages = messagesOfReply(request);
      const { text, cutOff, used } = await answer('reply', {
        model: deps.model,
        instructions,
        messages,
        userId,
        signal,
      });
      return { text, cutOff, used };
    },
    async look(request) {
      const { instructions, question, image, userId, signal } = request;
      const text = question ? `Sent with this text:\n${sendable(question)}` : 'Here is the picture.';
      const imageUrl = `data:${image.mimeType};base64,${Buffer.from(image.bytes).toString('base64')}`;
      const seen = await answer(
        'look',
        {
          model: deps.visionModel,
          instructions,
          messages: [{ role: 'user', text }],
          imageUrl,
          userId,
          signal,
        },
        lookFactor,
      );
      // Whoever reads this later must not take half a page for a whole one.
      return { text: seen.cutOff ? `${seen.text}\n[cut off here]` : seen.text, used: seen.used };
    },
    transcribe(request) {
      const model = deps.transcribeModel;
      return withRetries(
        () =>
          transcribe({ client, exchange: deps.exchange, model, timeoutMs: timeouts.transcribeMs }, request),
        { signal: request.signal, log, model, onRetry: () => onRetry?.('transcribe') },
        retries,
      );
    },
  };
}

/** An empty answer that was not cut off is a hiccup, worth the same call again. */
function notEmpty(answer: Answer): Answer {
  if (answer.text === '' && !answer.cutOff) throw emptyAnswer();
  return answer;
}

function emptyAnswer(): ProviderUnavailable {
  return new ProviderUnavailable('The model gave an empty answer.', { vendorCode: 'empty_answer' });
}

function sha256(text: string): string {
  return hash('sha256', text);
}
