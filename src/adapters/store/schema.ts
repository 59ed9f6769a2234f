import type { Generated } from 'kysely';
import type { DeliveryState, OutboundState } from '#src/domain/delivery.ts';
import type { ChannelName } from '#src/domain/identity.ts';
import type { MessageType, Verdict } from '#src/domain/message.ts';
import type { ContentKind } from '#src/domain/reading.ts';
import type { NoticeKind } from '#src/ports/stores.ts';
import type { BroadcastRecipientRow, BroadcastRow } from './broadcast-tables.ts';
import type { ChannelAlertRow, ChannelStopRow } from './channel-tables.ts';
import type { IdempotencyRow, TemplateRow } from './outreach-tables.ts';
import type { LinkCodeRow, LinkTriesRow, PastIdentityRow, UserIdentityRow } from './people-tables.ts';
import type { ConsentRow, ErasedMessageRow, ErasureRow, UploadRow } from './privacy-tables.ts';
import type { JobRow, RateLimitRow, WorkerRow } from './queue-tables.ts';
import type { UsageDayRow, UsageRow, UsageTotalRow } from './usage-tables.ts';

/*
 * One schema for SQLite and Postgres: ids are UUIDv7 text, times ISO-8601 UTC text (`2026-11-21T10:00:00.000Z`), booleans 0/1,
 * JSON is text, money integer micro-dollars. Rows never leave `adapters/store`.
 */

export type { JobRow, RateLimitRow, WorkerRow };

type Flag = 0 | 1;

export interface UserRow {
  id: string;
  /** E.164 with plus, null when WhatsApp hides it. */
  phone_number: string | null;
  whatsapp_name: string | null;
  is_whitelisted: Flag;
  is_active: Flag;
  /** `settings`: follows WHITELISTED_USERS at each start; `owner`: set by hand, left alone. */
  access_decided_by: 'settings' | 'owner';
  /** Test people of the chat page; kept apart from real people. */
  is_simulated: Flag;
  created_at: string;
  updated_at: string;
  last_seen_at: string | null;
  /** Since when they want no messages at all; null while they may get them. */
  opted_out_at: string | null;
  /** The same for templates sent to many. */
  marketing_opted_out_at: string | null;
  /** When they were erased: nothing is left of them but what they cost. */
  erased_at: string | null;
  /** Since when something is held until they write again; null while nothing is. */
  held_since: string | null;
  /** Since when something is held that they could not be told of; null while they know. */
  untold_since: string | null;
  /** For display alone: it can be given up, and taken by somebody else. */
  username: string | null;
  /** Who they turned out to be; everything of theirs is there. They count as erased. */
  merged_into: string | null;
}

export interface ConversationRow {
  id: string;
  user_id: string;
  /** From the first exchange; null until then. */
  title: string | null;
  is_active: Flag;
  created_at: string;
  updated_at: string;
}

export interface TurnRow {
  id: string;
  user_id: string;
  conversation_id: string;
  /** open → answered (answer stored, parts queued) → done; or failed with a reason. */
  state: 'open' | 'answered' | 'done' | 'failed';
  error_message: string | null;
  /** JSON: [{"step":"understand","ms":812}, …] */
  steps: string;
  /** How often its work was begun again after a process had ended under it. */
  repeats: Generated<number>;
  created_at: string;
  finished_at: string | null;
}

export interface MessageRow {
  id: string;
  user_id: string;
  conversation_id: string | null;
  turn_id: string | null;
  channel: ChannelName;
  direction: 'inbound' | 'outbound';
  message_type: MessageType;
  /** Inbound: the person's words or caption. Outbound: the answer as WhatsApp text, before splitting. */
  content: string;
  /** JSON facts beside the text: location, button, forwarded, providerType; of an answer historyFrom. '{}' when none. */
  details: string;
  /** JSON list of the files: [{"attachmentId","type","fileName"}]. '[]' when none. */
  media: string;
  provider_id: string | null;
  quoted_provider_id: string | null;
  reply_address: string;
  own_address: string;
  /** Null while an inbound message has not been looked at. */
  verdict: Verdict | null;
  /** When the window ends that an inbound message was too many for; null within the allowance. */
  limited_until: string | null;
  /** On the last inbound message of a turn: the model's answer, and what it cost. 0 and null elsewhere. */
  ai_response: string | null;
  ai_model_used: string | null;
  prompt_tokens: number;
  completion_tokens: number;
  total_tokens: number;
  cached_tokens: number;
  cost_micros: number;
  is_processed: Flag;
  error_message: string | null;
  created_at: string;
}

export interface AttachmentRow {
  id: string;
  message_id: string;
  user_id: string;
  conversation_id: string | null;
  position: number;
  ref: string;
  declared_type: string;
  file_name: string | null;
  state: 'pending' | 'fetched' | 'read' | 'failed';
  /** Relative to the media folder; null before the fetch and after removal. */
  path: string | null;
  bytes: number | null;
  sniffed_type: string | null;
  sniffed_kind: ContentKind | null;
  sniffed_extension: string | null;
  /** True when the label and the content disagree. */
  mislabelled: Flag;
  /** The stored `Reading` as JSON; null until read. */
  reading: string | null;
  /** Document text or image description, for search and the API. */
  extracted_text: string | null;
  transcript: string | null;
  language: string | null;
  problem: string | null;
  read_ms: number | null;
  created_at: string;
  updated_at: string;
}

/** Scanned pages already recognized while the rest of the document is still being worked on. */
export interface AttachmentPageRow {
  attachment_id: string;
  page: number;
  text: string;
}

export interface OutboundPartRow {
  id: string;
  message_id: string;
  user_id: string;
  turn_id: string | null;
  channel: ChannelName;
  position: number;
  to_address: string;
  from_address: string;
  text: string;
  /** Quotation, choices, template or file as JSON; null for mere text. */
  extras: string | null;
  state: OutboundState;
  /** While it waits to be sent again: the id of the attempt that failed. */
  provider_id: string | null;
  error_code: string | null;
  /** The provider's own words. */
  error_title: string | null;
  /** Ours, in plain words for the owner. */
  error_reason: string | null;
  attempts: number;
  /** Attempts that say nothing against the part. */
  excused: Generated<number>;
  /** How often the provider took it and reported a failure afterwards. */
  failures: Generated<number>;
  first_tried_at: string | null;
  tried_at: string | null;
  /** Not to be sent again before. */
  not_before: string | null;
  sent_at: string | null;
  delivered_at: string | null;
  read_at: string | null;
  played_at: string | null;
  failed_at: string | null;
  /** The answer to STOP or START, which is heard by whoever has opted out as well. */
  despite_opt_out: Generated<Flag>;
  /** The channel it was meant for, when that had stopped and another one was open. */
  rerouted_from: ChannelName | null;
  created_at: string;
}

/** What a provider reported about a message that is not known yet. */
export interface EarlyReportRow {
  channel: ChannelName;
  provider_id: string;
  state: DeliveryState;
  /** The part's id, where the channel gives it back. */
  reference: string | null;
  at: string;
  error_code: string | null;
  error_title: string | null;
  created_at: string;
}

/** An edit or a revocation whose original is not known yet; its words are in its own message. */
export interface EarlyCorrectionRow {
  message_id: string;
  channel: ChannelName;
  original_provider_id: string;
  created_at: string;
}

export interface NoticeRow {
  user_id: string;
  kind: NoticeKind;
  expires_at: string;
}

export interface Database {
  users: UserRow;
  user_identities: UserIdentityRow;
  past_identities: PastIdentityRow;
  link_codes: LinkCodeRow;
  link_tries: LinkTriesRow;
  conversations: ConversationRow;
  turns: TurnRow;
  messages: MessageRow;
  attachments: AttachmentRow;
  attachment_pages: AttachmentPageRow;
  outbound_parts: OutboundPartRow;
  uploads: UploadRow;
  early_reports: EarlyReportRow;
  early_corrections: EarlyCorrectionRow;
  consents: ConsentRow;
  erasures: ErasureRow;
  erased_messages: ErasedMessageRow;
  templates: TemplateRow;
  idempotency_keys: IdempotencyRow;
  broadcasts: BroadcastRow;
  broadcast_recipients: BroadcastRecipientRow;
  channel_stops: ChannelStopRow;
  channel_alerts: ChannelAlertRow;
  usage_entries: UsageRow;
  usage_days: UsageDayRow;
  usage_totals: UsageTotalRow;
  notices: NoticeRow;
  jobs: JobRow;
  workers: WorkerRow;
  rate_limits: RateLimitRow;
}
