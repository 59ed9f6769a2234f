import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { ChannelState } from '#src/bot/channel-health.ts';
import type { QueueHealth } from '#src/ports/jobs.ts';
import type { Clock } from '#src/ports/system.ts';
import { failures, json } from './schemas/errors.ts';
import { time } from './schemas/fields.ts';

/** What is asked about the parts behind the server. */
export type HealthCheck = () => Promise<{
  database: boolean;
  queue: QueueHealth | null;
  channels?: readonly ChannelState[];
}>;

interface HealthDeps {
  readonly health: HealthCheck;
  readonly version: string;
  readonly clock: Clock;
}

const Channel = z
  .object({
    name: z.enum(['twilio', 'meta', 'simulator']).meta({ examples: ['twilio'] }),
    state: z.enum(['working', 'stopped']).meta({
      description:
        '`stopped`: nothing goes out until the owner has mended something. What is to be sent waits; nothing is lost.',
      examples: ['working'],
    }),
    code: z
      .string()
      .nullable()
      .meta({ description: "The provider's code.", examples: [null] }),
    reason: z
      .string()
      .nullable()
      .meta({ description: 'Why, in plain words.', examples: [null] }),
    since: time.nullable(),
    tried_again_at: time.nullable(),
    alerts: z
      .array(z.object({ code: z.string(), reason: z.string(), since: time }))
      .meta({ description: 'What the owner should see to although it works.', examples: [[]] }),
  })
  .meta({ id: 'ChannelHealth', description: 'A channel as all processes know it, within seconds.' });

const Health = z
  .object({
    status: z.enum(['ok', 'degraded', 'unavailable']).meta({
      description: '`degraded`: a channel has stopped or has an alert.',
      examples: ['ok'],
    }),
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
    channels: z.array(Channel),
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
          'Database, queue, channels, uptime and version. 503 when the database is gone: then nothing can be stored.',
        response: {
          ...failures(),
          200: json('It works.', Health),
          503: json('The database cannot be reached.', Health),
        },
      },
    },
    async (request, reply) => {
      const {
        database,
        queue,
        channels = [],
      } = await health().catch((error: unknown) => {
        request.log.error({ err: error }, 'the health check failed');
        return { database: false, queue: null, channels: [] };
      });
      return reply
        .code(database ? 200 : 503)
        .header('cache-control', 'no-store')
        .send({
          status: !database ? 'unavailable' : channels.some(isImpaired) ? 'degraded' : 'ok',
          version,
          uptime_seconds: Math.floor((clock.now().getTime() - startedAt) / 1000),
          database: database ? 'up' : 'down',
          queue: queue && {
            waiting: queue.waiting,
            running: queue.running,
            failed: queue.failed,
            oldest_due_ms: queue.oldestDueMs,
          },
          channels: channels.map(toChannelBody),
        });
    },
  );
}

function isImpaired({ state, alerts = [] }: ChannelState): boolean {
  return state === 'stopped' || alerts.length > 0;
}

function toChannelBody({ name, state, stop, alerts = [] }: ChannelState) {
  return {
    name,
    state,
    code: stop?.code ?? null,
    reason: stop?.words ?? null,
    since: stop?.since.toISOString() ?? null,
    tried_again_at: stop?.triedAgainAt.toISOString() ?? null,
    alerts: alerts.map(({ code, words, since }) => ({ code, reason: words, since: since.toISOString() })),
  };
}
