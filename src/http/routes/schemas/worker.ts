import { z } from 'zod';
import { count, id, time } from './fields.ts';

const job = {
  id,
  name: z.string().meta({ description: 'What kind of work it is.', examples: ['answer-user'] }),
  user_id: id.nullable().meta({ description: 'Whom it is for; null for housekeeping.' }),
};

const Process = z
  .object({
    id,
    host: z.string().meta({ description: 'Name of the machine or container.', examples: ['worker-1'] }),
    role: z.string().meta({ description: 'all, web or worker.', examples: ['worker'] }),
    version: z.string().meta({ examples: ['0.1.0'] }),
    started_at: time,
    seen_at: time.meta({ description: 'Its last sign of life; one comes every five seconds.' }),
    running: count('Jobs it was running then.').meta({ examples: [3] }),
    is_lost: z
      .boolean()
      .meta({ description: 'Silent for 15 seconds; shown for an hour.', examples: [false] }),
  })
  .meta({ id: 'WorkerProcess', description: 'One process of the product.' });

const RunningJob = z
  .object({
    ...job,
    attempt: count('1 for the first run.').meta({ examples: [1] }),
    since: time.nullable(),
    process_id: id.nullable().meta({ description: 'The process that runs it.' }),
  })
  .meta({ id: 'RunningJob', description: 'A job that some process runs now.' });

const FailedJob = z
  .object({
    ...job,
    reason: z.string().meta({
      description: 'Stable name of the failure.',
      examples: ['provider_refused insufficient_quota'],
    }),
    attempts: count('Runs until it was given up.').meta({ examples: [6] }),
    failed_at: time,
  })
  .meta({ id: 'FailedJob', description: 'A job that was given up.' });

/** How the work goes. */
export const Workers = z
  .object({
    engine: z.enum(['sqlite', 'postgres']).meta({ examples: ['postgres'] }),
    role: z
      .enum(['all', 'web', 'worker'])
      .meta({ description: 'What the process does that answers.', examples: ['all'] }),
    process_id: id.meta({ description: 'The process that answers.' }),
    processes: z.array(Process).meta({ description: 'On SQLite there is only this one.' }),
    waiting: count('Jobs for people that are not begun yet.').meta({ examples: [2] }),
    oldest_due_ms: z.number().meta({
      description: 'How long the oldest job that should run has been waiting.',
      examples: [120],
    }),
    running: z.array(RunningJob).meta({ description: 'Longest first.' }),
    failures: z.array(FailedJob).meta({ description: 'Newest first.' }),
    is_cut: z.boolean().meta({ description: 'True when there are more failures.', examples: [false] }),
  })
  .meta({ id: 'Workers', description: 'Processes, queue and failures.' });
