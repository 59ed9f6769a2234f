import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { NotFound } from '#src/domain/errors.ts';
import type { ReadModel } from '#src/ports/read-model.ts';
import { failures, json } from './schemas/errors.ts';
import { idFilter, idParam, isPossibleId } from './schemas/fields.ts';
import { direction, Message, MessageDetail, messageType } from './schemas/message.ts';
import { pageOf, paging, toPageBody } from './schemas/paging.ts';

const security = [{ bearer: [] }];
const when = z.union([z.iso.date(), z.iso.datetime({ offset: true })], {
  error: 'must be a date or a time such as 2026-11-21T10:00:00Z',
});

/** A bound as it is stored: a bare day begins or ends with its first or last millisecond. */
const bound = (timeOfDay: string, description: string) =>
  when
    .meta({ description, examples: ['2026-11-21'] })
    .transform((text, context) => {
      const utc = new Date(text.length === 10 ? `${text}T${timeOfDay}Z` : text).toISOString();
      // Beyond year 9999 the text form gets longer and no longer sorts.
      if (utc.length === 24) return utc;
      context.addIssue({ code: 'custom', message: 'is out of range' });
      return z.NEVER;
    })
    .optional();

const MessageList = z.strictObject({
  user_id: idFilter('Of this person only.'),
  conversation_id: idFilter('Of this conversation only.'),
  type: messageType.optional().meta({ description: 'Of this type only.', examples: ['pdf'] }),
  direction: direction
    .optional()
    .meta({ description: 'Only what came in or what went out.', examples: ['inbound'] }),
  since: bound('00:00:00.000', 'From this UTC day or time on.'),
  until: bound('23:59:59.999', 'Up to and including this UTC day or time.'),
  ...paging,
});

/** Messages: list with filters, and one with its files and parts. */
export function addMessages(api: FastifyInstance, { readModel }: { readModel: ReadModel }): void {
  const routes = api.withTypeProvider<ZodTypeProvider>();

  routes.get(
    '/messages',
    {
      schema: {
        tags: ['Messages'],
        summary: 'List messages',
        description: 'Both directions, newest first. Filters are combined.',
        security,
        querystring: MessageList,
        response: { 200: json('A page of messages.', pageOf('MessagePage', Message)), ...failures(400, 401) },
      },
    },
    async ({ query }) =>
      toPageBody(
        await readModel.listMessages(
          {
            userId: query.user_id,
            conversationId: query.conversation_id,
            type: query.type,
            direction: query.direction,
            since: query.since,
            until: query.until,
          },
          { limit: query.limit, after: query.cursor },
        ),
      ),
  );

  routes.get(
    '/messages/:id',
    {
      schema: {
        tags: ['Messages'],
        summary: 'Look up a message',
        description:
          'One message with its files (text, transcript, problem) and the parts its answer was sent in.',
        security,
        params: idParam,
        response: { 200: json('The message.', MessageDetail), ...failures(400, 401, 404) },
      },
    },
    async ({ params }) => {
      const message = isPossibleId(params.id) ? await readModel.findMessage(params.id) : null;
      if (!message) throw new NotFound('No message has this id.');
      return message;
    },
  );
}
