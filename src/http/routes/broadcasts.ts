import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Broadcasts } from '#src/bot/create-broadcast.ts';
import type { BroadcastAction } from '#src/domain/broadcast.ts';
import { NotFound } from '#src/domain/errors.ts';
import type { ReadModel } from '#src/ports/read-model.ts';
import { HttpError } from '../http-error.ts';
import { addBulkMessages } from './bulk-messages.ts';
import { Broadcast, BroadcastDetail, BroadcastRecipient, stateFilter } from './schemas/broadcast.ts';
import { failures, json } from './schemas/errors.ts';
import { idParam, isPossibleId } from './schemas/fields.ts';
import { pageOf, paging, toPageBody } from './schemas/paging.ts';

const security = [{ bearer: [] }];

const actions: Readonly<Record<BroadcastAction, readonly [summary: string, description: string]>> = {
  pause: [
    'Pause a broadcast',
    'Nobody else is handed out to, and what is in people’s lanes waits there as `held`. What has begun is brought to its end.',
  ],
  resume: ['Resume a broadcast', 'Goes on after a pause, or after it stopped by itself.'],
  cancel: [
    'Cancel a broadcast',
    'For good: whoever has got nothing yet is skipped. What has begun is brought to its end.',
  ],
  'retry-failed': [
    'Repeat what failed',
    'Whoever’s message failed gets it once more, and nobody else; without any nothing happens.',
  ],
};

/** What was said to many, how far it is, and what can be done about it. */
export function addBroadcasts(
  api: FastifyInstance,
  deps: { readonly broadcasts: Broadcasts; readonly readModel: ReadModel },
): void {
  const { broadcasts, readModel } = deps;
  const routes = api.withTypeProvider<ZodTypeProvider>();
  api.register(async (scope) => addBulkMessages(scope, deps));

  async function find(id: string) {
    const found = isPossibleId(id) ? await readModel.findBroadcast(id) : null;
    if (!found) throw new NotFound('No broadcast has this id.');
    return found;
  }

  routes.get(
    '/broadcasts',
    {
      schema: {
        tags: ['Broadcasts'],
        summary: 'List broadcasts',
        description: 'Newest first, without their recipients.',
        security,
        querystring: z.object(paging),
        response: { 200: json('A page.', pageOf('BroadcastPage', Broadcast)), ...failures(400, 401) },
      },
    },
    async ({ query }) =>
      toPageBody(await readModel.listBroadcasts({ limit: query.limit, after: query.cursor })),
  );

  routes.get(
    '/broadcasts/:id',
    {
      schema: {
        tags: ['Broadcasts'],
        summary: 'Get a broadcast',
        description: 'How many of its recipients are in which state.',
        security,
        params: idParam,
        response: { 200: json('The broadcast.', BroadcastDetail), ...failures(401, 404) },
      },
    },
    async ({ params }) => find(params.id),
  );

  routes.get(
    '/broadcasts/:id/recipients',
    {
      schema: {
        tags: ['Broadcasts'],
        summary: 'List recipients of a broadcast',
        description: 'Each with how far their message is, or why they got none; the end of the list first.',
        security,
        params: idParam,
        querystring: z.object({ ...paging, state: stateFilter }),
        response: {
          200: json('A page.', pageOf('BroadcastRecipientPage', BroadcastRecipient)),
          ...failures(400, 401, 404),
        },
      },
    },
    async ({ params, query }) => {
      const { id } = await find(params.id);
      const page = { limit: query.limit, after: query.cursor };
      return toPageBody(await readModel.listRecipients(id, { state: query.state }, page));
    },
  );

  for (const [action, [summary, description]] of Object.entries(actions)) {
    routes.post(
      `/broadcasts/:id/${action}`,
      {
        schema: {
          tags: ['Broadcasts'],
          summary,
          description,
          security,
          params: idParam,
          response: {
            200: json('The broadcast afterwards.', BroadcastDetail),
            ...failures(401, 404, 409, 503),
          },
        },
      },
      async ({ params }) => {
        const { id, state } = await find(params.id);
        const refusal = await broadcasts.steer(id, action as BroadcastAction);
        if (refusal === 'not_now')
          throw new HttpError(409, 'not_now', `This makes no sense for a broadcast that is ${state}.`);
        return find(id);
      },
    );
  }
}
