import type { ChannelEvent } from '#src/domain/channel-event.ts';
import type { CodeMeaning } from '#src/domain/delivery.ts';
import type { ChannelName } from '#src/domain/identity.ts';
import type { InboundMessage } from '#src/domain/message.ts';
import type { PartExtras } from '#src/domain/outbound.ts';

/** A webhook as it arrived; `url` is absolute, with the query string, as the provider called it. */
export interface WebhookRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The parsed form or JSON. Values may be anything: the sender is not trusted until `isAuthentic`. */
  readonly body: Readonly<Record<string, unknown>>;
  /** The bytes as they arrived, where the signature is over them. */
  readonly rawBody?: Uint8Array | undefined;
}

/** What an authentic webhook holds. */
export interface WebhookContent {
  readonly messages: readonly InboundMessage[];
  readonly events: readonly ChannelEvent[];
}

/** Reads a provider's webhooks. One webhook may carry many messages. */
export interface WebhookReader {
  /** Checks the provider's signature. Never throws: whatever cannot be verified is false. */
  isAuthentic(request: WebhookRequest): boolean;
  /** Reads an authentic webhook. What is unusable in it is left out, never an exception, and never at the cost of the rest. */
  read(request: WebhookRequest): WebhookContent;
}

/** The bytes of a file a person sent, already on disk. */
export interface FetchedMedia {
  /** Absolute path of the file. */
  readonly path: string;
  readonly bytes: number;
  /** The provider's content type, lower case without parameters; '' when missing. Not trusted. */
  readonly contentType: string;
}

/** One text to one person; what the channel needs to place it. */
export interface OutboundPart extends PartExtras {
  /** Our own id of the part, for correlation. */
  readonly id: string;
  /** In the channel's own form, for instance `whatsapp:+15550001111`. */
  readonly to: string;
  readonly from: string;
  readonly text: string;
  /** When the first attempt to send it began; bounds the search of `findSent`. */
  readonly firstTriedAt: Date;
}

/** A way to talk to people. Adapters translate and throw `AppError`s; they never decide and never retry. */
export interface Channel {
  readonly name: ChannelName;
  readonly limits: {
    /** The longest text that may be given to `send`, in UTF-16 units. */
    readonly textUnits: number;
    /** The largest file of ours that `send` takes from disk, in bytes; undefined where it takes none. */
    readonly fileBytes?: number | undefined;
  };
  /**
   * Fetches a file into `target` (an absolute path that does not exist yet).
   * @throws MediaUnusable `too_large` past `maxBytes`, `refused` for an address that must not be asked, `unavailable` when gone
   * @throws ProviderUnavailable when the host is down, slow or answers 5xx/429, or 404 (media can lag behind the webhook)
   */
  fetchMedia(
    ref: string,
    options: { target: string; maxBytes: number; signal: AbortSignal },
  ): Promise<FetchedMedia>;
  /**
   * Sends one part. Choices become buttons where the channel has them; otherwise they are listed with numbers below the text.
   * @param options.uploaded is awaited with the `ref` of a file as soon as the provider keeps it, before the message goes out; when
   * it throws, the file is deleted there and nothing goes out
   * @throws ProviderUnavailable (maybe `uncertain`) or ProviderRefused
   */
  send(
    part: OutboundPart,
    options: { signal: AbortSignal; uploaded?: ((ref: string) => Promise<void>) | undefined },
  ): Promise<{ providerId: string }>;
  /** Shows typing dots to the person who wrote `providerId`. May throw; callers ignore it. */
  showTyping(message: { providerId: string; to: string }, options: { signal: AbortSignal }): Promise<void>;
  /**
   * Looks up whether an uncertain part was sent after all; null when it was not. A channel without a way to ask has none: there a
   * delivery report that carries our reference tells, or its absence for long enough.
   */
  findSent?(part: OutboundPart, options: { signal: AbortSignal }): Promise<{ providerId: string } | null>;
  /** What one of the provider's error codes means, in a report or a refusal; undefined for codes it does not know. */
  explain?(code: string): CodeMeaning | undefined;
  /**
   * Deletes at the provider what it still keeps of a person: messages with their files, by provider id, and files by `ref`. What is
   * gone already is no error.
   * @throws ProviderUnavailable or ProviderRefused
   */
  erase?(
    what: { readonly providerIds: readonly string[]; readonly refs: readonly string[] },
    options: { signal: AbortSignal },
  ): Promise<void>;
}
