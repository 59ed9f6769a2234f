import type { Migration } from 'kysely/migration';
import * as m0001 from './0001-first-form.ts';
import * as m0002 from './0002-job-leases.ts';
import * as m0003 from './0003-limited.ts';
import * as m0004 from './0004-workers.ts';
import * as m0005 from './0005-crashes.ts';
import * as m0006 from './0006-rate-limits.ts';
import * as m0007 from './0007-usage-days.ts';
import * as m0008 from './0008-delivery.ts';
import * as m0009 from './0009-consent.ts';
import * as m0010 from './0010-people.ts';
import * as m0011 from './0011-window.ts';
import * as m0012 from './0012-broadcasts.ts';
import * as m0013 from './0013-channel-states.ts';
import * as m0014 from './0014-early-corrections.ts';
import * as m0015 from './0015-uploads.ts';
import * as m0016 from './0016-sightings.ts';

/** Every migration by name; a static map, so that nothing is looked up on disk and order is plain to see. */
export const migrations: Record<string, Migration> = {
  '0001-first-form': m0001,
  '0002-job-leases': m0002,
  '0003-limited': m0003,
  '0004-workers': m0004,
  '0005-crashes': m0005,
  '0006-rate-limits': m0006,
  '0007-usage-days': m0007,
  '0008-delivery': m0008,
  '0009-consent': m0009,
  '0010-people': m0010,
  '0011-window': m0011,
  '0012-broadcasts': m0012,
  '0013-channel-states': m0013,
  '0014-early-corrections': m0014,
  '0015-uploads': m0015,
  '0016-sightings': m0016,
};
