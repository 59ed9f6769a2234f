import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { HttpError } from '../http-error.ts';
import type { OwnerAccess } from '../open-access.ts';
import { failures, json } from './schemas/errors.ts';

const Credentials = z
  .strictObject({
    password: z
      .string()
      .min(1)
      .max(1024)
      .meta({ description: 'ADMIN_PASSWORD.', examples: ['correct horse'] }),
  })
  .meta({ id: 'Credentials', description: "The owner's password." });

const AccessToken = z
  .object({
    accessToken: z.string().meta({
      description: 'Send it as `Authorization: Bearer …`.',
      examples: ['eyJhbGciOiJIUzI1NiJ9.e30.sig'],
    }),
    tokenType: z.literal('Bearer'),
    expiresIn: z
      .number()
      .int()
      .meta({ description: 'Seconds.', examples: [43_200] }),
  })
  .meta({ id: 'AccessToken', description: 'Opens everything under /api/v1.' });

/** `POST /api/v1/auth/token`: the password for a token. */
export function addAuthToken(api: FastifyInstance, { access }: { access: OwnerAccess }): void {
  api.withTypeProvider<ZodTypeProvider>().post(
    '/auth/token',
    {
      schema: {
        tags: ['Sign-in'],
        summary: 'Get a token',
        description:
          'Trades ADMIN_PASSWORD for a token of 12 hours. Five wrong passwords a minute from one address are the limit; right ones do not count. ' +
          'Changing ADMIN_PASSWORD or SECRET_KEY ends all tokens.',
        body: Credentials,
        response: { 200: json('The token.', AccessToken), ...failures(400, 401, 409, 413, 415, 429) },
      },
    },
    async (request, reply) => {
      if (!access.hasPassword) {
        throw new HttpError(
          409,
          'password_not_set',
          'ADMIN_PASSWORD is not set, so nobody can sign in to the API. Set it (at least 8 characters) and restart.',
        );
      }
      if (!(await access.tryPassword(request, request.body.password))) {
        throw new HttpError(401, 'unauthorized', 'The password is wrong.');
      }
      const { token, expiresInSeconds } = access.issueApiToken();
      return reply
        .code(200)
        .header('cache-control', 'no-store')
        .send({ accessToken: token, tokenType: 'Bearer', expiresIn: expiresInSeconds });
    },
  );
}
