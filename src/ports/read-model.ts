import type { OutboundState } from '#src/domain/delivery.ts';
import type { ChannelName } from '#src/domain/identity.ts';
import type { MessageType, Verdict } from '#src/domain/message.ts';
import type { BroadcastReads } from './broadcasts.ts';
import type { ConsentView } from './privacy.ts';

/*
 * What the API shows. Views carry the names of the stored columns, because they are the API's JSON as it is: a second spelling
 * would only add a translation. Times are ISO-8601 UTC text, money is USD, flags are booleans.
 */

/** A person the bot knows. */
export interface UserView {
  readonly id: string;
  /** E.164 with plus; null when WhatsApp hides it. */
  readonly phone_number: string | null;
  readonly whatsapp_name: string | null;
  /** For display alone: it can be given up, and proves nothing. */
  readonly username: string | null;
  readonly is_whitelisted: boolean;
  readonly is_active: boolean;
  /** `settings`: follows WHITELISTED_USERS at each start; `owner`: set by hand and left alone. */
  readonly access_decided_by: 'settings' | 'owner';
  /** A test person of the chat page. */
  readonly is_simulated: boolean;
  readonly created_at: string;
  readonly updated_at: string;
  readonly last_seen_at: string | null;
  /** Since when they want no messages; null while they may get them. */
  readonly opted_out_at: string | null;
  /** The same for templates that go to many. */
  readonly marketing_opted_out_at: string | null;
}

/** A conversation of one person. */
export interface ConversationView {
  readonly id: string;
  readonly user_id: string;
  readonly title: string | null;
  readonly is_active: boolean;
  readonly created_at: string;
  readonly updated_at: string;
}

/** A file named in a message. */
export interface MediaView {
  readonly attachment_id: string | null;
  readonly type: string;
  readonly file_name: string | null;
}

/** One message of either direction. On the last inbound message of a turn: the answer and what it cost. */
export interface MessageView {
  readonly id: string;
  readonly user_id: string;
  readonly conversation_id: string | null;
  readonly turn_id: string | null;
  readonly channel: ChannelName;
  readonly direction: 'inbound' | 'outbound';
  readonly message_type: MessageType;
  readonly content: string;
  /** Location, tapped button, forwarded and the like. */
  readonly details: Readonly<Record<string, unknown>>;
  readonly media: MediaView[];
  /** The provider's id, for instance Twilio's MessageSid. */
  readonly provider_id: string | null;
  readonly quoted_provider_id: string | null;
  readonly verdict: Verdict | null;
  readonly ai_response: string | null;
  readonly ai_model_used: string | null;
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
  readonly cached_tokens: number;
  readonly cost_usd: number;
  readonly is_processed: boolean;
  readonly error_message: string | null;
  /** Of what went out: the WhatsApp messages it was split into, in order. */
  readonly outbound_parts: OutboundPartView[];
  readonly created_at: string;
}

/** What became of a file. The provider's link and our path stay inside. */
export interface AttachmentView {
  readonly id: string;
  readonly position: number;
  readonly declared_type: string;
  readonly file_name: string | null;
  readonly state: 'pending' | 'fetched' | 'read' | 'failed';
  readonly bytes: number | null;
  readonly sniffed_type: string | null;
  readonly sniffed_kind: string | null;
  /** True when label and content disagree. */
  readonly mislabelled: boolean;
  readonly extracted_text: string | null;
  readonly transcript: string | null;
  readonly language: string | null;
  readonly problem: string | null;
  readonly read_ms: number | null;
  readonly created_at: string;
  readonly updated_at: string;
}

/** One WhatsApp message that an answer was split into. */
export interface OutboundPartView {
  readonly id: string;
  readonly position: number;
  readonly channel: ChannelName;
  /** The channel it was meant for, when that had stopped and another one was open. */
  readonly rerouted_from: ChannelName | null;
  readonly text: string;
  readonly state: OutboundState;
  readonly provider_id: string | null;
  readonly error_code: string | null;
  /** The same in plain words. */
  readonly error_reason: string | null;
  readonly attempts: number;
  /** Of one that failed in passing and waits to be sent again. */
  readonly retry_at: string | null;
  readonly sent_at: string | null;
  readonly delivered_at: string | null;
  readonly read_at: string | null;
  readonly played_at: string | null;
  readonly failed_at: string | null;
  readonly created_at: string;
}

/** A message with everything that hangs on it. */
export interface MessageDetailView extends MessageView {
  readonly attachments: AttachmentView[];
}

/** What was consumed, added up. */
export interface UsageTotals {
  /** Paid calls to a model. */
  readonly calls: number;
  readonly prompt_tokens: number;
  readonly cached_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
  readonly audio_seconds: number;
  readonly cost_usd: number;
}

export type UsageDimension = 'day' | 'user' | 'model';

/** Totals of one group; what was not grouped by is null. */
export interface UsageLine extends UsageTotals {
  /** UTC day, `2026-11-21`. */
  readonly day: string | null;
  readonly user_id: string | null;
  readonly model: string | null;
}

/** A place in a list ordered newest first; stable while new rows arrive. */
export interface Place {
  readonly createdAt: string;
  readonly id: string;
}

/** How much of a list to read. */
export interface PageRequest {
  /** 1–100. */
  readonly limit: number;
  /** Continue behind this place; undefined = from the newest. */
  readonly after?: Place | undefined;
}

/** Part of a list, newest first. */
export interface Page<T> {
  readonly items: T[];
  /** Where the next page continues; null on the last page. */
  readonly next: Place | null;
}

export interface UserFilter {
  /** Part of a name or number, any case. */
  readonly search?: string | undefined;
}

export interface MessageFilter {
  readonly userId?: string | undefined;
  readonly conversationId?: string | undefined;
  readonly type?: MessageType | undefined;
  readonly direction?: 'inbound' | 'outbound' | undefined;
  /** ISO-8601 UTC, both inclusive. */
  readonly since?: string | undefined;
  readonly until?: string | undefined;
}

export interface UsageFilter {
  /** UTC days, both inclusive. */
  readonly from: string;
  readonly to: string;
  readonly userId?: string | undefined;
  readonly groupBy: readonly UsageDimension[];
  /** Most lines returned; totals always cover everything. */
  readonly maxLines: number;
}

/** Reads what the owner may see. Unknown ids give null. */
export interface ReadModel extends BroadcastReads {
  listUsers(filter: UserFilter, page: PageRequest): Promise<Page<UserView>>;
  findUser(id: string): Promise<UserView | null>;
  /** The consent log of a person, newest first; null when there is no such person. */
  listConsents(userId: string): Promise<ConsentView[] | null>;
  listConversations(
    filter: { userId?: string | undefined },
    page: PageRequest,
  ): Promise<Page<ConversationView>>;
  findConversation(id: string): Promise<ConversationView | null>;
  listMessages(filter: MessageFilter, page: PageRequest): Promise<Page<MessageView>>;
  findMessage(id: string): Promise<MessageDetailView | null>;
  /** Lines newest day first, then dearest first. `isCut` when there were more lines than `maxLines`. */
  sumUsage(filter: UsageFilter): Promise<{ lines: UsageLine[]; totals: UsageTotals; isCut: boolean }>;
}
