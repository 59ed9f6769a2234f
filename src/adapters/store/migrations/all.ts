import type { Migration } from 'kysely/migration';
import * as m0001 from './0001-first-form.ts';

/** Every migration by name; a static map, so that nothing is looked up on disk and order is plain to see. */
export const migrations: Record<string, Migration> = {
  '0001-first-form': m0001,
};
