import { inject } from 'vitest';
import type { DatabaseTarget } from '#config/database-target.ts';
import { type OpenDatabase, openDatabase } from '#src/adapters/store/open-database.ts';
import { createDatabase } from './postgres-server.ts';
import { createQuietLog } from './quiet-log.ts';

/** Both engines, for `describe.each`: what holds for one must hold for the other. */
export const engines = ['sqlite', 'postgres'] as const;
export type Engine = (typeof engines)[number];

/** A fresh and empty database of the engine, open and migrated; it is gone after disposal. */
export async function openTestDatabase(
  engine: Engine,
): Promise<OpenDatabase & { readonly target: DatabaseTarget }> {
  const log = createQuietLog();
  if (engine === 'sqlite') {
    const target = { engine, file: ':memory:' } as const;
    return { ...(await openDatabase(target, { log })), target };
  }
  const made = await createDatabase(inject('postgresUrl'));
  const target = { engine, url: made.url, poolSize: 5 } as const;
  const database = await openDatabase(target, { log });
  return {
    ...database,
    target,
    async [Symbol.asyncDispose]() {
      await database[Symbol.asyncDispose]();
      await made[Symbol.asyncDispose]();
    },
  };
}
