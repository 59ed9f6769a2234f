import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { NotFound } from '#src/domain/errors.ts';
import type { ReadModel, UserView } from '#src/ports/read-model.ts';
import type { UserAdmin } from '#src/ports/user-admin.ts';
import { HttpError } from '../http-error.ts';
import { failures, json } from './schemas/errors.ts';
import { id, idParam, isPossibleId, time } from './schemas/fields.ts';
import { pageOf, paging, toPageBody } from './schemas/paging.ts';
import { toPhone } from './schemas/phone.ts';
import { addUserLinkCode } from './user-link-code.ts';
import { addUserPrivacy } from './user-privacy.ts';

interface UsersDeps extends UserAdmin {
  readonly readModel: ReadModel;
}

const isWhitelisted = z.boolean().meta({ description: 'May use the bot.', examples: [true] });
const isActive = z
  .boolean()
  .meta({ description: 'False blocks a person whatever else is set.', examples: [true] });

const User = z
  .object({
    id,
    phone_number: z
      .string()
      .nullable()
      .meta({ description: 'E.164; null when WhatsApp hides it.', examples: ['+15550001111'] }),
    whatsapp_name: z
      .string()
      .nullable()
      .meta({ examples: ['Ana'] }),
    username: z
      .string()
      .nullable()
      .meta({
        description: 'For display alone: it can be given up, and proves nothing.',
        examples: ['ana.pm'],
      }),
    is_whitelisted: isWhitelisted,
    is_active: isActive,
    access_decided_by: z.enum(['settings', 'owner']).meta({
      description: '`settings` follows WHITELISTED_USERS at each start; `owner` was set by hand.',
      examples: ['owner'],
    }),
    is_simulated: z.boolean().meta({ description: 'A test person of the chat page.', examples: [false] }),
    created_at: time,
    updated_at: time,
    last_seen_at: time.nullable(),
    opted_out_at: time
      .nullable()
      .meta({ description: 'Since when the person wants no messages; null while they may get them.' }),
    marketing_opted_out_at: time.nullable().meta({ description: 'The same for templates that go to many.' }),
  })
  .meta({ id: 'User', description: 'A person.' }) satisfies z.ZodType<UserView>;

const UserList = z.strictObject({
  q: z
    .string()
    .trim()
    .max(100)
    // Postgres refuses NUL in text.
    .refine((text) => !text.includes('\0'), 'must not contain NUL')
    .optional()
    .meta({ description: 'Part of a name or number.', examples: ['ana'] }),
  ...paging,
});

const UserPatch = z
  .strictObject({ is_whitelisted: isWhitelisted.optional(), is_active: isActive.optional() })
  .refine((patch) => Object.keys(patch).length > 0, 'give is_whitelisted or is_active')
  .meta({
    id: 'UserPatch',
    description: 'What is left out stays as it is.',
    examples: [{ is_whitelisted: true }],
  });

const NewUser = z
  .strictObject({
    phone_number: z
      .string()
      .max(40)
      // Before the transform: zod leaves out what is said after it.
      .meta({
        description: 'With country code; spaces and dashes do not matter.',
        examples: ['+49 170 1234567'],
      })
      .transform((text, context) => {
        const phone = toPhone(text);
        if (phone) return phone;
        context.addIssue({
          code: 'custom',
          message: 'must be a phone number with country code such as +491701234567',
        });
        return z.NEVER;
      }),
    is_whitelisted: isWhitelisted.default(true),
  })
  .meta({ id: 'NewUser', description: 'A person to add before they write.' });

const security = [{ bearer: [] }];

/** People: list, look up, add, and decide who may use the bot. */
export function addUsers(api: FastifyInstance, { readModel, patchUser, addUser, ...admin }: UsersDeps): void {
  const routes = api.withTypeProvider<ZodTypeProvider>();

  routes.get(
    '/users',
    {
      schema: {
        tags: ['Users'],
        summary: 'List people',
        description: 'Everybody who ever wrote or was added, newest first.',
        security,
        querystring: UserList,
        response: { 200: json('A page of people.', pageOf('UserPage', User)), ...failures(400, 401) },
      },
    },
    async ({ query: { q, limit, cursor } }) =>
      toPageBody(await readModel.listUsers({ search: q }, { limit, after: cursor })),
  );

  routes.post(
    '/users',
    {
      schema: {
        tags: ['Users'],
        summary: 'Add a person',
        description:
          'Adds a number before its owner writes. Spellings of one number (Brazil, Mexico, Argentina) are the same person. 409 when the number is known: use PATCH.',
        security,
        body: NewUser,
        response: { 201: json('The new person.', User), ...failures(400, 401, 409, 413, 415) },
      },
    },
    async ({ body }, reply) => {
      const user = await addUser({ phone: body.phone_number, isWhitelisted: body.is_whitelisted });
      if (!user)
        throw new HttpError(
          409,
          'already_known',
          'This number is already known; find it with GET /api/v1/users?q= and PATCH it.',
        );
      return reply.code(201).header('location', `/api/v1/users/${user.id}`).send(user);
    },
  );

  routes.get(
    '/users/:id',
    {
      schema: {
        tags: ['Users'],
        summary: 'Look up a person',
        description: 'One person by id.',
        security,
        params: idParam,
        response: { 200: json('The person.', User), ...failures(400, 401, 404) },
      },
    },
    async ({ params }) => found(isPossibleId(params.id) ? await readModel.findUser(params.id) : null),
  );

  routes.patch(
    '/users/:id',
    {
      schema: {
        tags: ['Users'],
        summary: 'Decide about a person',
        description:
          'Acts at once, without a restart: the next message is judged by it. From then on WHITELISTED_USERS no longer decides about this person.',
        security,
        params: idParam,
        body: UserPatch,
        response: { 200: json('The person after the change.', User), ...failures(400, 401, 404, 413, 415) },
      },
    },
    async ({ params, body }) =>
      found(
        isPossibleId(params.id)
          ? await patchUser(params.id, { isWhitelisted: body.is_whitelisted, isActive: body.is_active })
          : null,
      ),
  );

  addUserPrivacy(api, { readModel, ...admin });
  addUserLinkCode(api, admin);
}

function found(user: UserView | null): UserView {
  if (!user) throw new NotFound('No user has this id.');
  return user;
}
