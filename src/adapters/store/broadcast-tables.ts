import type { BroadcastState, RecipientKind } from '#src/domain/broadcast.ts';

/** Something the owner says to many. */
export interface BroadcastRow {
  id: string;
  name: string | null;
  /** JSON: text, template and channel. */
  content: string;
  state: BroadcastState;
  /** Why it is in this state. */
  reason: string | null;
  /** How many were named, skipped ones included. */
  total: number;
  /** What was handed out before says nothing about how it goes now. */
  watched_from: string;
  idempotency_key: string | null;
  digest: string | null;
  created_at: string;
  updated_at: string;
}

/** One of those it is for. */
export interface BroadcastRecipientRow {
  id: string;
  broadcast_id: string;
  /** Its place in the list, from 0. */
  position: number;
  /** Null until they are known. */
  user_id: string | null;
  given_kind: RecipientKind;
  /** As the owner named them. */
  given: string;
  /** JSON. */
  template_values: string;
  /** `handed`: a message of theirs is in their lane, and the rest is told by it. */
  state: 'waiting' | 'handed' | 'skipped';
  reason_code: string | null;
  reason: string | null;
  message_id: string | null;
  handed_at: string | null;
  /** How often a message was made for them: once, and once more with each repetition of what failed. */
  tries: number;
  created_at: string;
}
