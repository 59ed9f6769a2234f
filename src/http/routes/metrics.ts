import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Guard } from '../access.ts';
import { sameText } from '../open-access.ts';
import { failures } from './schemas/errors.ts';

/** What the page of numbers shows, and what the webhook tells it. */
export interface MetricsPage {
  /** Prometheus' text format. */
  readonly text: () => Promise<{ contentType: string; body: string }>;
  readonly webhookAnswered: (status: number, ms: number) => void;
}

interface MetricsDeps {
  readonly metrics: MetricsPage;
  /** METRICS_TOKEN; undefined = only signed-in API clients. */
  readonly token: string | undefined;
  readonly requireBearer: Guard;
}

const example = `# HELP assistant_messages_total Messages that were looked at.
# TYPE assistant_messages_total counter
assistant_messages_total{channel="twilio",kind="voice",outcome="allowed"} 12
`;

const schema = {
  tags: ['Bot'],
  summary: 'Metrics',
  description:
    'Numbers about this process for Prometheus. Needs METRICS_TOKEN or an API token as bearer. Labels never say who a person is.',
  security: [{ bearer: [] }],
  response: {
    200: {
      description: 'Prometheus text format.',
      content: { 'text/plain': { schema: z.string().meta({ examples: [example] }) } },
    },
    ...failures(401),
  },
};

/** `GET /metrics` for Prometheus. */
export function addMetrics(site: FastifyInstance, { metrics, token, requireBearer }: MetricsDeps): void {
  const guard: Guard = async (request, reply) => {
    const given = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
    // Compared by digest, in a time that tells nothing about the token.
    if (given !== undefined && token !== undefined && sameText(given, token)) return undefined;
    return requireBearer(request, reply);
  };
  site.get('/metrics', { schema, onRequest: guard }, async (_request, reply) => {
    const { contentType, body } = await metrics.text();
    return reply.header('content-type', contentType).header('cache-control', 'no-store').send(body);
  });
}
