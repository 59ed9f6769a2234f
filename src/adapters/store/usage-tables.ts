import type { Generated } from 'kysely';
import type { UsageKind } from '#src/domain/usage.ts';

/* The tables of what was consumed; part of the schema. */

/** What is added up. */
interface Consumption {
  prompt_tokens: number;
  cached_tokens: number;
  completion_tokens: number;
  total_tokens: number;
  audio_seconds: number;
  cost_micros: number;
}

/** One entry of the ledger. */
export interface UsageRow extends Consumption {
  id: string;
  user_id: string;
  turn_id: string | null;
  attachment_id: string | null;
  kind: UsageKind;
  model: string;
  /** UTC day, `2026-11-21`. */
  day: string;
  created_at: string;
  /** Whether the sums of its day hold it. */
  is_summed: Generated<0 | 1>;
}

/** What everybody together consumed on a day, by model: the sums of all entries that are marked as summed. */
export interface UsageTotalRow extends Consumption {
  day: string;
  model: string;
  calls: number;
}

/** The same of one person. */
export interface UsageDayRow extends UsageTotalRow {
  user_id: string;
}
