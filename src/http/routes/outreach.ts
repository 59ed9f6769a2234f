import { createHash } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { MessageOrder, OrderRefusal, SendMessage } from '#src/bot/send-message.ts';
import type { SyncedTemplates } from '#src/bot/sync-templates.ts';
import { NotFound } from '#src/domain/errors.ts';
import type { StoredTemplate } from '#src/ports/outreach.ts';
import type { ReadModel } from '#src/ports/read-model.ts';
import { HttpError } from '../http-error.ts';
import { failures, json } from './schemas/errors.ts';
import { isPossibleId } from './schemas/fields.ts';
import { MessageDetail } from './schemas/message.ts';
import { NewMessage, SendHeaders } from './schemas/new-message.ts';
import { Template, TemplateSync, toTemplateBody } from './schemas/template.ts';

/** What is sent on the owner's behalf. */
export interface OutreachDeps {
  readonly send: SendMessage;
  readonly templates: () => Promise<readonly StoredTemplate[]>;
  /** Asks the providers, which takes seconds. */
  readonly sync: (signal: AbortSignal) => Promise<readonly SyncedTemplates[]>;
}

const security = [{ bearer: [] }];

/** With which status an order is refused. */
export const statusOf: Readonly<Record<OrderRefusal['refused'], 400 | 404 | 409>> = {
  unknown_person: 404,
  opted_out: 409,
  channel_not_configured: 400,
  unreachable: 409,
  outside_window: 409,
  unknown_template: 400,
  ambiguous_template: 400,
  template_not_approved: 409,
  wrong_values: 400,
  idempotency_conflict: 409,
};

/** Sending a message, and the templates there are. */
export function addOutreach(
  api: FastifyInstance,
  { outreach, readModel }: { outreach: OutreachDeps; readModel: ReadModel },
): void {
  const routes = api.withTypeProvider<ZodTypeProvider>();

  routes.post(
    '/messages',
    {
      schema: {
        tags: ['Messages'],
        summary: 'Send a message',
        description:
          'Free text or a template to one person. It is queued behind what already waits for them; follow `outbound_parts` to see it arrive. A number nobody has met yet is added. 409 `outside_window`: free text only reaches people who wrote within 24 hours, so send a template or set `hold`. 409 `opted_out`: the person wants no messages.',
        security,
        headers: SendHeaders,
        body: NewMessage,
        response: {
          202: json('The message as it was queued.', MessageDetail),
          ...failures(400, 401, 404, 409, 413, 415, 503),
        },
      },
    },
    async ({ body, headers }, reply) => {
      const outcome = await outreach.send(toOrder(body, headers['idempotency-key']));
      if ('refused' in outcome)
        throw new HttpError(statusOf[outcome.refused], outcome.refused, outcome.words);
      const message = await readModel.findMessage(outcome.messageId);
      if (!message) throw new NotFound('The message is gone already.');
      return reply.code(202).header('location', `/api/v1/messages/${message.id}`).send(message);
    },
  );

  routes.get(
    '/templates',
    {
      schema: {
        tags: ['Templates'],
        summary: 'List templates',
        description:
          'As the providers last told of them: once a day, on POST /api/v1/templates/sync, and when Meta reports a new state.',
        security,
        response: {
          200: json('Every template.', z.object({ items: z.array(Template) }).meta({ id: 'TemplateList' })),
          ...failures(401),
        },
      },
    },
    async () => ({ items: (await outreach.templates()).map(toTemplateBody) }),
  );

  routes.post(
    '/templates/sync',
    {
      schema: {
        tags: ['Templates'],
        summary: 'Ask the providers for their templates',
        description: 'Takes some seconds. A channel that does not answer keeps the templates it had.',
        security,
        response: { 200: json('What came of it.', TemplateSync), ...failures(401, 503) },
      },
    },
    async () => {
      const synced = await outreach.sync(AbortSignal.timeout(60_000));
      return {
        channels: synced.map((one) => ({
          channel: one.channel,
          templates: 'templates' in one ? one.templates : null,
          problem: 'problem' in one ? one.problem : null,
        })),
      };
    },
  );
}

function toOrder(body: z.output<typeof NewMessage>, key: string | undefined): MessageOrder {
  const { to, channel, text, template, hold } = body;
  const who =
    to.user_id !== undefined
      ? // What is no id of ours is nobody's.
        { userId: isPossibleId(to.user_id) ? to.user_id : '' }
      : to.phone !== undefined
        ? { phone: to.phone }
        : { bsuid: to.bsuid ?? '' };
  const content = template
    ? { template: { name: template.name, language: template.language, values: template.values } }
    : { text: text ?? '', hold };
  const digest = createHash('sha256')
    .update(JSON.stringify([who, channel, content]))
    .digest('base64url');
  return { to: who, channel, content, idempotency: key === undefined ? undefined : { key, digest } };
}
