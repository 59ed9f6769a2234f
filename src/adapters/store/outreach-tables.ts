import type { ChannelName } from '#src/domain/identity.ts';

/** A template as the provider last told of it. */
export interface TemplateRow {
  channel: ChannelName;
  name: string;
  language: string;
  /** What people call it. */
  title: string;
  category: string | null;
  state: string;
  /** Why it is in this state. */
  reason: string | null;
  /** How people take to it; null where the provider does not say. */
  quality: string | null;
  /** Its words with placeholders; '' until it was listed. */
  body: string;
  /** JSON: names of the values it needs, then of those it may have. */
  placeholders: string;
  /** JSON, as the provider has it. */
  components: string;
  updated_at: string;
}

/** A request that was carried out, by the key its sender gave it. */
export interface IdempotencyRow {
  key: string;
  /** Of what was asked for: another request must not come under the same key. */
  digest: string;
  message_id: string;
  created_at: string;
}
