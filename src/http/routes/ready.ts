import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { NotReady, Readiness } from '../readiness.ts';
import { failures, json } from './schemas/errors.ts';

const Live = z
  .object({ status: z.literal('alive') })
  .meta({ id: 'Live', description: 'The process answers.' });

const sentences: Record<NotReady, string> = {
  starting: 'it is not taking work yet',
  closing: 'it finishes what runs and takes nothing new',
  database_down: 'the database does not answer',
  database_not_in_place: 'the database file was moved or deleted',
  storage_refuses_writes: 'the disk is full, or the database is locked or read-only',
};
const reasons = Object.keys(sentences) as NotReady[];

const Ready = z
  .object({
    status: z.enum(['ready', 'not_ready']).meta({ examples: ['ready'] }),
    reasons: z.array(z.enum(reasons)).meta({
      description: `Empty when ready. ${reasons.map((reason) => `\`${reason}\`: ${sentences[reason]}`).join('; ')}.`,
      examples: [[]],
    }),
  })
  .meta({ id: 'Ready', description: 'Whether traffic should come here.' });

/** `GET /health/live` and `GET /health/ready`, for orchestrators and balancers. */
export function addReady(site: FastifyInstance, { readiness }: { readiness: Readiness }): void {
  const routes = site.withTypeProvider<ZodTypeProvider>();

  routes.get(
    '/health/live',
    {
      schema: {
        tags: ['Bot'],
        summary: 'Alive',
        description:
          'Answers as long as the process does. Restart it when this fails; nothing else is asked.',
        response: { 200: json('It answers.', Live), ...failures() },
      },
    },
    async (_request, reply) => reply.code(200).header('cache-control', 'no-store').send({ status: 'alive' }),
  );

  routes.get(
    '/health/ready',
    {
      schema: {
        tags: ['Bot'],
        summary: 'Ready',
        description:
          'Whether traffic should come here. 503 with every reason while starting or closing, and while nothing can be stored.',
        response: {
          ...failures(),
          200: json('Send traffic.', Ready),
          503: json('Send no traffic now.', Ready),
        },
      },
    },
    async (_request, reply) => {
      const found = await readiness.reasons();
      const isReady = found.length === 0;
      return reply
        .code(isReady ? 200 : 503)
        .header('cache-control', 'no-store')
        .send({ status: isReady ? 'ready' : 'not_ready', reasons: [...found] });
    },
  );
}
