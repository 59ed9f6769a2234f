import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { NotFound } from '#src/domain/errors.ts';
import type { JobFacts, QueueDesk } from '#src/ports/jobs.ts';
import type { WorkerProcess, WorkerRegistry } from '#src/ports/workers.ts';
import { failures, json } from './schemas/errors.ts';
import { idParam, isPossibleId } from './schemas/fields.ts';
import { Workers } from './schemas/worker.ts';

/** What the owner can see of the processes and their queue. */
export interface WorkersDeps {
  readonly engine: 'sqlite' | 'postgres';
  /** What this process does. */
  readonly role: 'all' | 'web' | 'worker';
  readonly desk: QueueDesk;
  readonly registry: Pick<WorkerRegistry, 'id' | 'list'>;
}

const Query = z.strictObject({
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(500)
    .default(50)
    .meta({ description: 'Failures to list, 1–500.', examples: [50] }),
});

/** More jobs than any number of processes runs at once. */
const mostRunning = 1_000;

/** `/api/v1/workers`: who works on what, what failed for good, and another try for it. */
export function addWorkers(api: FastifyInstance, { workers }: { workers: WorkersDeps }): void {
  const { engine, role, desk, registry } = workers;
  const routes = api.withTypeProvider<ZodTypeProvider>();

  routes.get(
    '/workers',
    {
      schema: {
        tags: ['Workers'],
        summary: 'Processes, queue and failures',
        description:
          'Engine, processes, running jobs, how much waits and for how long, and the jobs that were given up, newest first.',
        security: [{ bearer: [] }],
        querystring: Query,
        response: { 200: json('How the work goes.', Workers), ...failures(400, 401, 503) },
      },
    },
    async ({ query }) => {
      const [processes, queue, running, given] = await Promise.all([
        registry.list(),
        desk.health(),
        desk.running(mostRunning),
        desk.failures(query.limit + 1),
      ]);
      return {
        engine,
        role,
        process_id: registry.id,
        processes: processes.map(toProcessBody),
        waiting: queue.waiting,
        oldest_due_ms: queue.oldestDueMs,
        running: running.map((job) => ({
          ...toJobBody(job),
          attempt: job.attempts,
          since: job.startedAt,
          process_id: job.holder,
        })),
        failures: given.slice(0, query.limit).map((job) => ({
          ...toJobBody(job),
          reason: job.reason ?? 'unknown',
          attempts: job.attempts,
          failed_at: job.updatedAt,
        })),
        is_cut: given.length > query.limit,
      };
    },
  );

  routes.post(
    '/workers/failures/:id/retry',
    {
      schema: {
        tags: ['Workers'],
        summary: 'Run a failed job again',
        description: 'Queues a job that was given up once more, with all its attempts.',
        security: [{ bearer: [] }],
        params: idParam,
        response: {
          202: json('It is queued.', z.object({ status: z.literal('queued') })),
          ...failures(401, 404, 503),
        },
      },
    },
    async ({ params }, reply) => {
      if (!isPossibleId(params.id) || !(await desk.retry(params.id))) throw gone();
      return reply.code(202).send({ status: 'queued' });
    },
  );

  routes.delete(
    '/workers/failures/:id',
    {
      schema: {
        tags: ['Workers'],
        summary: 'Forget a failed job',
        description: 'Removes a job that was given up from the list; it will not run again.',
        security: [{ bearer: [] }],
        params: idParam,
        response: { 204: z.null().meta({ description: 'It is forgotten.' }), ...failures(401, 404, 503) },
      },
    },
    async ({ params }, reply) => {
      if (!isPossibleId(params.id) || !(await desk.discard(params.id))) throw gone();
      return reply.code(204).send(null);
    },
  );
}

function gone(): NotFound {
  return new NotFound('No failed job has this id.');
}

function toJobBody(job: JobFacts) {
  return { id: job.id, name: job.name, user_id: job.name === 'answer-user' ? job.lane : null };
}

function toProcessBody(process: WorkerProcess) {
  return {
    id: process.id,
    host: process.host,
    role: process.role,
    version: process.version,
    started_at: process.startedAt,
    seen_at: process.seenAt,
    running: process.running,
    is_lost: process.isLost,
  };
}
