import type { Generated } from 'kysely';

/* The tables of the queue and of those who work on it; part of the schema. */

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
