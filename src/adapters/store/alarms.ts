import type { Kysely } from 'kysely';
import type { Database } from './schema.ts';

/** Tells whoever runs jobs that the job waiting under `key` wants to run at `runAt`. */
export interface Alarm {
  readonly key: string;
  readonly runAt: Date;
}

/** Sets alarms within a transaction: what is rolled back never rings. Several processes need it; one alone looks for itself. */
export type SetAlarms = (trx: Kysely<Database>, alarms: readonly Alarm[]) => Promise<void>;
