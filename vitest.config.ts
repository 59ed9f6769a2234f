import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/** Three projects: `unit` is pure and quick, `integration` uses real SQLite, real Postgres and HTTP stand-ins, `e2e` starts the product. */
export default defineConfig({
  test: {
    // Most files wait for processes and vendors rather than compute, so more of them run at once than there are cores.
    maxWorkers: Math.max(3, availableParallelism()),
    projects: [
      { extends: true, test: { name: 'unit', include: ['tests/unit/**/*.test.ts'] } },
      {
        extends: true,
        test: {
          name: 'integration',
          globalSetup: 'tests/support/global-postgres.ts',
          include: ['tests/contract/**/*.test.ts', 'tests/integration/**/*.test.ts'],
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          globalSetup: 'tests/support/global-postgres.ts',
          include: ['tests/e2e/**/*.test.ts', 'tests/resilience/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
