import { type SqlBool, sql } from 'kysely';

/*
 * The conditions of partial indexes, word for word as in the migrations and with literals instead of bound values: only so does
 * SQLite's planner see that an index fits. These indexes hold what is unfinished, so they stay small however much is stored.
 */

/** Turns that still need an answer or a delivery. */
export const isUnfinished = sql<SqlBool>`turns.state in ('open', 'answered')`;

/** Parts that are not out yet. */
export const isPending = sql<SqlBool>`outbound_parts.state in ('queued', 'sending')`;

/** Messages with a file or something else that is not mere text; goes with a condition on the type itself. */
export const isNotText = sql<SqlBool>`messages.message_type <> 'text'`;

/** Entries of the ledger that no sum holds yet: those of the last hour. */
export const isUnsummed = sql<SqlBool>`usage_entries.is_summed = 0`;

/** Files that lie on disk. */
export const isOnDisk = sql<SqlBool>`attachments.path is not null`;

/** Parts that wait until their person writes. */
export const isHeld = sql<SqlBool>`outbound_parts.state = 'held'`;

/** People who could not be told that something is held for them. */
export const isUntold = sql<SqlBool>`users.untold_since is not null`;
