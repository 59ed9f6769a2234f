import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { QueueHealth } from '#src/ports/jobs.ts';
import type { Clock } from '#src/ports/system.ts';
import { failures, json } from './schemas/errors.ts';

/** What is asked about the parts behind the server. */
export type HealthCheck = () => Promise<{ database: boolean; queue: QueueHealth | null }>;

interface HealthDeps {
  readonly health: HealthCheck;
  readonly version: string;
  readonly clock: Clock;
}

const Health = z
  .object({
    status: z.enum(['ok', 'unavailable']).meta({ examples: ['ok'] }),
    version: z.string().meta({ examples: ['0.1.0'] }),
    uptime_seconds: z
      .number()
      .int()
      .meta({ examples: [86_400] }),
    database: z.enum(['up', 'down']).meta({ examples: ['up'] }),
    queue: z
      .object({
        waiting: z
          .number()
          .int()
          .meta({ description: 'Jobs not yet begun.', examples: [2] }),
        running: z
          .number()
          .int()
          .meta({ examples: [1] }),
        failed: z
          .number()
          .int()
          .meta({ description: 'Jobs that were given up.', examples: [0] }),
        oldest_due_ms: z.number().meta({
          description: 'How long the oldest job that should run has been waiting.',
          examples: [120],
        }),
      })
      .nullable()
      .meta({ description: 'Null when the queue cannot be asked.' }),
  })
  .meta({ id: 'Health', description: 'How the bot is doing.' });

/** `GET /health` for Docker, proxies and people. */
export function addHealth(site: FastifyInstance, { health, version, clock }: HealthDeps): void {
  const startedAt = clock.now().getTime();
  site.withTypeProvider<ZodTypeProvider>().get(
    '/health',
    {
      schema: {
        tags: ['Bot'],
        summary: 'Health',
        description:
          'Database, queue, uptime and version. 503 when the database is gone: then nothing can be stored.',
        response: {
          ...failures(),
          200: json('It works.', Health),
          503: json('The database cannot be reached.', Health),
        },
      },
    },
    async (request, reply) => {
      const { database, queue } = await health().catch((error: unknown) => {
        request.log.error({ err: error }, 'the health check failed');
        return { database: false, queue: null };
      });
      return reply
        .code(database ? 200 : 503)
        .header('cache-control', 'no-store')
        .send({
          status: database ? 'ok' : 'unavailable',
          version,
          uptime_seconds: Math.floor((clock.now().getTime() - startedAt) / 1000),
          database: database ? 'up' : 'down',
          queue: queue && {
            waiting: queue.waiting,
            running: queue.running,
            failed: queue.failed,
            oldest_due_ms: queue.oldestDueMs,
          },
        });
    },
  );
}
