import type { Reading } from '#src/domain/reading.ts';
import type { Consumption } from '#src/domain/usage.ts';

/** One earlier message of the conversation, in words. */
export interface ChatTurn {
  readonly role: 'person' | 'assistant';
  readonly text: string;
}

/** A file of the current turn with what was found in it; the offline assistant answers from these facts. */
export interface TurnFile {
  readonly fileName?: string | undefined;
  readonly mimeType: string;
  readonly bytes: number;
  readonly reading: Reading;
}

/** A question to the model. */
export interface ReplyRequest {
  /** The assistant's voice and scope: byte-stable, so that providers can cache it. */
  readonly instructions: string;
  /** Earlier messages, oldest first, already cut to the token budget. */
  readonly history: readonly ChatTurn[];
  /** Volatile facts and excerpts for this turn (date, documents), placed after the history. May be ''. */
  readonly context: string;
  /** This turn in words: texts, transcripts, descriptions, document text. Never empty. */
  readonly text: string;
  /** This turn's files, for assistants that work from facts. */
  readonly files: readonly TurnFile[];
  /** The person's bare words, without anything added. */
  readonly personText: string;
  /** Hashed by the adapter before it leaves the house. */
  readonly userId: string;
  readonly signal: AbortSignal;
}

/** What the model answered. */
export interface ReplyResult {
  /** Markdown. Never empty: an empty answer is a ProviderUnavailable. */
  readonly text: string;
  readonly used: Consumption;
  /** True when the answer was cut by the output limit. */
  readonly cutOff: boolean;
}

/** A picture for the model. */
export interface LookRequest {
  /** How to look: the prompt for photos or for scanned pages. */
  readonly instructions: string;
  /** What the person wrote with the picture, so that the look is for that; may be ''. */
  readonly question: string;
  readonly image: {
    readonly bytes: Uint8Array;
    readonly mimeType: 'image/jpeg' | 'image/png' | 'image/webp';
  };
  readonly userId: string;
  readonly signal: AbortSignal;
}

/** Sound for the model. */
export interface TranscribeRequest {
  readonly path: string;
  /** Name with the extension the API needs, for instance `voice.ogg`. */
  readonly fileName: string;
  readonly mimeType: string;
  /** Measured length in seconds, 0 when unknown; used for pricing when the API reports tokens only. */
  readonly seconds: number;
  readonly signal: AbortSignal;
}

/**
 * The model behind the assistant. Every method throws ProviderUnavailable (worth another try, with `retryAfterMs` where the
 * vendor said so) or ProviderRefused (`quota`, `credentials`, `content`, `request`), and honors `signal`.
 */
export interface Ai {
  /** The offline assistant cannot look or listen: `look` and `transcribe` must not be called when false. */
  readonly canSee: boolean;
  readonly canHear: boolean;
  reply(request: ReplyRequest): Promise<ReplyResult>;
  look(request: LookRequest): Promise<{ text: string; used: Consumption }>;
  transcribe(
    request: TranscribeRequest,
  ): Promise<{ text: string; language?: string | undefined; used: Consumption }>;
}
