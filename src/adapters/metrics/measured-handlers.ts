import type { JobHandlers, JobName, JobPayloads, JobRun } from '#src/ports/jobs.ts';
import type { Instruments } from './instruments.ts';
import { timed } from './outcome.ts';

/** The same handlers with every run timed and counted while it lasts. */
export function measureHandlers(
  handlers: JobHandlers,
  deps: Pick<Instruments, 'jobSeconds' | 'jobRetries'> & { readonly onRunning: (change: 1 | -1) => void },
): JobHandlers {
  const { jobSeconds, jobRetries, onRunning } = deps;

  const measured = <Name extends JobName>(job: Name) => {
    const handle = handlers[job] as (payload: JobPayloads[Name], run: JobRun) => Promise<void>;
    return async (payload: JobPayloads[Name], run: JobRun): Promise<void> => {
      if (run.attempt > 1) jobRetries.inc({ job });
      onRunning(1);
      try {
        await timed(
          () => handle(payload, run),
          (outcome, seconds) =>
            jobSeconds.observe({ job, outcome: outcome === 'ok' ? 'ok' : 'failed' }, seconds),
        );
      } finally {
        onRunning(-1);
      }
    };
  };
  const names = Object.keys(handlers) as JobName[];
  return Object.fromEntries(names.map((name) => [name, measured(name)])) as unknown as JobHandlers;
}
