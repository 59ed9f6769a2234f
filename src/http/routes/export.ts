import { createReadStream } from 'node:fs';
// Brings the route option `hide`.
import type {} from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
import { NotFound } from '#src/domain/errors.ts';
import type { PersonExports } from '#src/ports/privacy.ts';

/** `GET /export/{token}`: a person's own data, for whoever has the link that was sent to them. */
export function addExport(
  site: FastifyInstance,
  { openExport }: { openExport: PersonExports['open'] },
): void {
  site.get<{ Params: { '*': string } }>(
    // A wildcard, as parameters may not be this long.
    '/export/*',
    { schema: { hide: true } },
    async ({ params }, reply) => {
      // Also for links that lead nowhere: nobody may keep what this answers.
      reply
        .header('cache-control', 'no-store')
        .header('x-robots-tag', 'noindex, nofollow')
        .header('referrer-policy', 'no-referrer');
      const file = await openExport(params['*']);
      if (!file) throw new NotFound('This link is over. Send /export again for a new one.');
      return reply
        .type('application/json; charset=utf-8')
        .header('content-length', file.bytes)
        .header('content-disposition', 'attachment; filename="my-data.json"')
        .send(createReadStream(file.path));
    },
  );
}
