import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { failures, json } from './schemas/errors.ts';

const AppInfo = z
  .object({
    name: z.string().meta({ examples: ['WhatsApp AI Bot'] }),
    version: z.string().meta({ examples: ['0.1.0'] }),
    environment: z.string().meta({ examples: ['production'] }),
    links: z
      .record(z.string(), z.string())
      .meta({ description: 'Where to go from here.', examples: [{ docs: '/docs', health: '/health' }] }),
  })
  .meta({ id: 'AppInfo', description: 'What answers here.' });

/** `GET /`: programs learn what this is, people are taken to the chat page. */
export function addHome(
  site: FastifyInstance,
  info: { name: string; version: string; environment: string },
): void {
  const links = {
    chat: '/simulator',
    docs: '/docs',
    openapi: '/docs/json',
    reference: '/redoc',
    health: '/health',
    webhook: '/webhook',
  };
  site.withTypeProvider<ZodTypeProvider>().get(
    '/',
    {
      schema: {
        tags: ['Bot'],
        summary: 'About this bot',
        description:
          'Name, version and links as JSON. A browser (`Accept: text/html`) is sent to the chat page.',
        response: {
          200: json('What answers here.', AppInfo),
          302: {
            description: 'To the chat page, for browsers.',
            content: { 'text/html': { schema: z.string() } },
          },
          ...failures(),
        },
      },
    },
    async (request, reply) => {
      reply.header('vary', 'accept');
      if (request.headers.accept?.includes('text/html')) return reply.redirect('/simulator');
      return reply.code(200).send({ ...info, links });
    },
  );
}
