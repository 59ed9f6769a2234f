import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { NotFound } from '#src/domain/errors.ts';
import type { LinkCode, UserAdmin } from '#src/ports/user-admin.ts';
import { failures, json } from './schemas/errors.ts';
import { idParam, isPossibleId, time } from './schemas/fields.ts';

const Code = z
  .object({
    code: z.string().meta({ description: 'To be sent as `/link CODE`; shown once.', examples: ['7KQ4MXRA'] }),
    expires_at: time,
  })
  .meta({ id: 'LinkCode', description: 'A one-time code.' }) satisfies z.ZodType<LinkCode>;

/** Codes by which people say that a new account is theirs. */
export function addUserLinkCode(
  api: FastifyInstance,
  { issueLinkCode }: Pick<UserAdmin, 'issueLinkCode'>,
): void {
  api.withTypeProvider<ZodTypeProvider>().post(
    '/users/:id/link-code',
    {
      schema: {
        tags: ['Users'],
        summary: 'Issue a link code',
        description:
          'For somebody who writes from an account nobody knows, as with a username and a hidden number. Whoever sends `/link CODE` within 24 hours becomes this person, once. A new code replaces the one before.',
        security: [{ bearer: [] }],
        params: idParam,
        response: { 201: json('The code.', Code), ...failures(400, 401, 404) },
      },
    },
    async ({ params }, reply) => {
      const code = isPossibleId(params.id) ? await issueLinkCode(params.id) : null;
      if (!code) throw new NotFound('No user has this id.');
      return reply.code(201).header('cache-control', 'no-store').send(code);
    },
  );
}
