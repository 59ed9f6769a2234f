import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { NotFound } from '#src/domain/errors.ts';
import type { ConversationView, ReadModel } from '#src/ports/read-model.ts';
import { failures, json } from './schemas/errors.ts';
import { id, idFilter, idParam, isPossibleId, time } from './schemas/fields.ts';
import { pageOf, paging, toPageBody } from './schemas/paging.ts';

const Conversation = z
  .object({
    id,
    user_id: id,
    title: z
      .string()
      .nullable()
      .meta({
        description: 'From the first exchange; null until then.',
        examples: ['Notice period in the lease'],
      }),
    is_active: z.boolean().meta({ description: 'The one new messages go to.', examples: [true] }),
    created_at: time,
    updated_at: time,
  })
  .meta({
    id: 'Conversation',
    description: 'An exchange with one person.',
  }) satisfies z.ZodType<ConversationView>;

const security = [{ bearer: [] }];

/** Conversations: list and look up. */
export function addConversations(api: FastifyInstance, { readModel }: { readModel: ReadModel }): void {
  const routes = api.withTypeProvider<ZodTypeProvider>();

  routes.get(
    '/conversations',
    {
      schema: {
        tags: ['Conversations'],
        summary: 'List conversations',
        description: 'All conversations or those of one person, newest first.',
        security,
        querystring: z.strictObject({ user_id: idFilter('Of this person only.'), ...paging }),
        response: {
          200: json('A page of conversations.', pageOf('ConversationPage', Conversation)),
          ...failures(400, 401),
        },
      },
    },
    async ({ query: { user_id, limit, cursor } }) =>
      toPageBody(await readModel.listConversations({ userId: user_id }, { limit, after: cursor })),
  );

  routes.get(
    '/conversations/:id',
    {
      schema: {
        tags: ['Conversations'],
        summary: 'Look up a conversation',
        description: 'One conversation by id; its messages are at `GET /api/v1/messages?conversation_id=`.',
        security,
        params: idParam,
        response: { 200: json('The conversation.', Conversation), ...failures(400, 401, 404) },
      },
    },
    async ({ params }) => {
      const conversation = isPossibleId(params.id) ? await readModel.findConversation(params.id) : null;
      if (!conversation) throw new NotFound('No conversation has this id.');
      return conversation;
    },
  );
}
