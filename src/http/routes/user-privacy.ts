import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { NotFound } from '#src/domain/errors.ts';
import type { ConsentView } from '#src/ports/privacy.ts';
import type { ReadModel } from '#src/ports/read-model.ts';
import type { UserAdmin } from '#src/ports/user-admin.ts';
import { failures, json } from './schemas/errors.ts';
import { id, idParam, isPossibleId, time } from './schemas/fields.ts';

interface PrivacyDeps extends Pick<UserAdmin, 'stopMessages' | 'eraseUser'> {
  readonly readModel: Pick<ReadModel, 'listConsents'>;
}

const Consent = z
  .object({
    id,
    type: z.enum(['messages', 'marketing']).meta({
      description: '`messages`: anything at all; `marketing`: templates that go to many.',
      examples: ['messages'],
    }),
    action: z.enum(['granted', 'revoked']).meta({ examples: ['revoked'] }),
    source: z.enum(['message', 'whatsapp', 'provider', 'owner']).meta({
      description:
        'The person in a message or in WhatsApp’s own settings, the provider that refused for them, or the owner.',
      examples: ['message'],
    }),
    channel: z.enum(['twilio', 'meta', 'simulator']).nullable(),
    message_id: id.nullable().meta({ description: 'The message that said it.' }),
    wording_version: z
      .string()
      .nullable()
      .meta({ description: 'Which version of our words the person was told.', examples: ['1'] }),
    detail: z
      .string()
      .nullable()
      .meta({ description: "The provider's code.", examples: ['21610'] }),
    created_at: time,
  })
  .meta({ id: 'Consent', description: 'One entry of the consent log.' }) satisfies z.ZodType<ConsentView>;

const ConsentLog = z
  .object({ items: z.array(Consent) })
  .meta({ id: 'ConsentLog', description: 'Who said what about messages, newest first.' });

const Revocation = z
  .strictObject({ action: z.literal('revoked') })
  .meta({ id: 'Revocation', description: 'Only the person can grant it again, by sending START.' });

const UserConsent = z
  .object({ id, opted_out_at: time.nullable() })
  .meta({ id: 'UserConsent', description: 'Whether a person wants messages.' });

const Erasing = z
  .object({ status: z.literal('erasing') })
  .meta({ id: 'Erasing', description: 'The person is being erased.' });

const security = [{ bearer: [] }];

/** What a person wants, and their right to be forgotten. */
export function addUserPrivacy(
  api: FastifyInstance,
  { readModel, stopMessages, eraseUser }: PrivacyDeps,
): void {
  const routes = api.withTypeProvider<ZodTypeProvider>();

  routes.get(
    '/users/:id/consents',
    {
      schema: {
        tags: ['Users'],
        summary: 'Consent log of a person',
        description: 'Every time they agreed to messages or stopped them, newest first.',
        security,
        params: idParam,
        response: { 200: json('The log.', ConsentLog), ...failures(400, 401, 404) },
      },
    },
    async ({ params }) => {
      const items = isPossibleId(params.id) ? await readModel.listConsents(params.id) : null;
      if (!items) throw unknown();
      return { items };
    },
  );

  routes.post(
    '/users/:id/consents',
    {
      schema: {
        tags: ['Users'],
        summary: 'Note that a person wants no messages',
        description:
          'For people who told you so another way. From then on nothing is sent to them; only they themselves can take it back, by sending START.',
        security,
        params: idParam,
        body: Revocation,
        response: {
          200: json('What is known of their wish.', UserConsent),
          ...failures(400, 401, 404, 413, 415),
        },
      },
    },
    async ({ params }) => {
      const user = isPossibleId(params.id) ? await stopMessages(params.id) : null;
      if (!user) throw unknown();
      return { id: user.id, opted_out_at: user.opted_out_at };
    },
  );

  routes.delete(
    '/users/:id',
    {
      schema: {
        tags: ['Users'],
        summary: 'Erase a person',
        description:
          'Erases messages, files, name and identities here and at the provider, as `/forget` does, once the answer that is under way is out. What they cost stays without them. It cannot be undone; whoever writes from that number is somebody new.',
        security,
        params: idParam,
        response: { 202: json('It is being done.', Erasing), ...failures(400, 401, 404) },
      },
    },
    async ({ params }, reply) => {
      if (!isPossibleId(params.id) || !(await eraseUser(params.id))) throw unknown();
      return reply.code(202).send({ status: 'erasing' as const });
    },
  );
}

function unknown(): NotFound {
  return new NotFound('No user has this id.');
}
