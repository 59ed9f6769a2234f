import type { Generated } from 'kysely';
import type { ChannelName, IdentityKind } from '#src/domain/identity.ts';
import type { MessageType, Verdict } from '#src/domain/message.ts';
import type { ContentKind } from '#src/domain/reading.ts';
import type { NoticeKind } from '#src/ports/stores.ts';
import type { UsageDayRow, UsageRow, UsageTotalRow } from './usage-tables.ts';

/*
 * One schema for SQLite and Postgres: ids are UUIDv7 text, times ISO-8601 UTC text (`2026-11-21T10:00:00.000Z`), booleans 0/1,
 * JSON is text, money integer micro-dollars. Rows never leave `adapters/store`.
 */

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
}

export interface UserIdentityRow {
  id: string;
  user_id: string;
  kind: IdentityKind;
  scope: string;
  value: string;
  created_at: string;
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
  state: 'queued' | 'sending' | 'sent' | 'delivered' | 'read' | 'failed';
  provider_id: string | null;
  error_code: string | null;
  attempts: number;
  first_tried_at: string | null;
  sent_at: string | null;
  created_at: string;
}

export interface NoticeRow {
  user_id: string;
  kind: NoticeKind;
  expires_at: string;
}

export interface JobRow {
  id: string;
  name: string;
  /** At most one job of a lane runs at a time. */
  lane: string;
  /** Two waiting jobs with the same key are one. */
  key: string;
  payload: string;
  state: 'waiting' | 'running' | 'failed';
  run_at: string;
  /** Further requests move `run_at`, but never past this. */
  latest_at: string;
  attempts: number;
  /** How many of the attempts ended with their process. */
  crashes: Generated<number>;
  /** By the database's own clock on Postgres, where several processes compare it. */
  lease_until: string | null;
  /** The process that runs it, and since when; null unless it runs. */
  holder: string | null;
  started_at: string | null;
  last_error: string | null;
  created_at: string;
  updated_at: string;
}

/** One process of the product; its row is rewritten with each sign of life. */
export interface WorkerRow {
  id: string;
  host: string;
  role: string;
  version: string;
  /** Jobs it runs. */
  running: number;
  started_at: string;
  seen_at: string;
}

/** Counted by rate-limiter-flexible on Postgres, which knows the columns; empty on SQLite. */
export interface RateLimitRow {
  key: string;
  points: Generated<number>;
  /** When the window ends, in Unix milliseconds. */
  expire: number | null;
}

export interface Database {
  users: UserRow;
  user_identities: UserIdentityRow;
  conversations: ConversationRow;
  turns: TurnRow;
  messages: MessageRow;
  attachments: AttachmentRow;
  attachment_pages: AttachmentPageRow;
  outbound_parts: OutboundPartRow;
  usage_entries: UsageRow;
  usage_days: UsageDayRow;
  usage_totals: UsageTotalRow;
  notices: NoticeRow;
  jobs: JobRow;
  workers: WorkerRow;
  rate_limits: RateLimitRow;
}
