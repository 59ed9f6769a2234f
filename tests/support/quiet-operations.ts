import { createReadiness } from '#src/http/readiness.ts';
import type { ServerDeps } from '#src/http/server.ts';
import type { QueueDesk } from '#src/ports/jobs.ts';

/** The desk of a queue in which there is nothing. */
export const emptyDesk: QueueDesk = {
  health: async () => ({ waiting: 0, running: 0, failed: 0, oldestDueMs: 0 }),
  failures: async () => [],
  running: async () => [],
  retry: async () => false,
  discard: async () => false,
};

/** What a server needs to be seen from outside, for tests that look at other things: ready, without numbers, jobs or others. */
export function createQuietOperations(): Pick<
  ServerDeps,
  'readiness' | 'metrics' | 'workers' | 'openExport' | 'outreach' | 'broadcasts'
> {
  const fine = async () => {};
  const readiness = createReadiness({ isInPlace: () => true, read: fine, write: fine });
  readiness.set('ready');
  return {
    openExport: async () => undefined,
    outreach: {
      send: async () => ({ refused: 'unknown_person', words: 'There is nobody.' }),
      templates: async () => [],
      sync: async () => [],
    },
    broadcasts: {
      preflight: async () => ({ refused: 'unknown_template', words: 'There is none.' }),
      create: async () => ({ refused: 'unknown_template', words: 'There is none.' }),
      steer: async () => 'unknown',
    },
    readiness,
    metrics: { text: async () => ({ contentType: 'text/plain', body: '' }), webhookAnswered: () => {} },
    workers: {
      engine: 'sqlite',
      role: 'all',
      registry: { id: '019ea6a4-3c00-7000-8000-000000000001', list: async () => [] },
      desk: emptyDesk,
    },
  };
}
