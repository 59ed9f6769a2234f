import { createHash } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { z } from 'zod';
import { breathe } from '#src/bot/breathe.ts';
import type { BroadcastOrder, Broadcasts, Preflight as PreflightFacts } from '#src/bot/create-broadcast.ts';
import type { OrderRefusal } from '#src/bot/send-message.ts';
import type { Recipient } from '#src/domain/broadcast.ts';
import { NotFound } from '#src/domain/errors.ts';
import type { ReadModel } from '#src/ports/read-model.ts';
import { HttpError } from '../http-error.ts';
import { decodeList } from './decode-list.ts';
import { statusOf } from './outreach.ts';
import { type FaultyLine, parseRecipients } from './parse-recipients.ts';
import { BroadcastDetail } from './schemas/broadcast.ts';
import { BulkOrder, BulkQuery, mostRecipients, Preflight } from './schemas/bulk.ts';
import { failures, json } from './schemas/errors.ts';
import { isPossibleId } from './schemas/fields.ts';
import { SendHeaders } from './schemas/new-message.ts';
import { toPhone } from './schemas/phone.ts';

/** 10,000 recipients with a few hundred letters of values each. */
const bodyLimit = 8 * 1024 * 1024;
const security = [{ bearer: [] }];
const lists =
  'JSON, or a list as text/csv in UTF-8: a heading with phone (or user_id, bsuid) and a column for each value of the template, then a line for each recipient; text or template, language, channel and name go into the query.';

/** Saying something to many. To be registered in a scope of its own: no other route reads lists. */
export function addBulkMessages(
  api: FastifyInstance,
  { broadcasts, readModel }: { broadcasts: Broadcasts; readModel: ReadModel },
): void {
  const routes = api.withTypeProvider<ZodTypeProvider>();
  // An order has no place for them.
  const faultyLines = new WeakMap<FastifyRequest, ReadonlyMap<number, FaultyLine>>();
  api.addContentTypeParser(
    'text/csv',
    { parseAs: 'buffer', bodyLimit },
    async (request: FastifyRequest, body: Buffer) => {
      const { dry_run: _dryRun, template, language, ...query } = request.query as z.output<typeof BulkQuery>;
      const list = parseRecipients(decodeList(body, request.headers['content-type']), mostRecipients);
      faultyLines.set(request, list.faulty);
      return {
        ...query,
        ...(template !== undefined && { template: { name: template, ...(language && { language }) } }),
        recipients: list.recipients,
      };
    },
  );
  const common = { tags: ['Broadcasts'], security, querystring: BulkQuery, body: BulkOrder };

  routes.post(
    '/messages/bulk',
    {
      bodyLimit,
      schema: {
        ...common,
        summary: 'Send a message to many',
        description: `Queues free text or a template to up to 10,000 people as a broadcast, paced under the channel's limit; each gets it once. ${lists}`,
        headers: SendHeaders,
        response: {
          200: json('What is to be expected, with `dry_run`.', Preflight),
          202: json('The broadcast as it was queued.', BroadcastDetail),
          ...failures(400, 401, 404, 409, 413, 415, 503),
        },
      },
    },
    async (request, reply) => {
      const { body, query, headers } = request;
      const order = await toOrder(body, {
        key: headers['idempotency-key'],
        faulty: faultyLines.get(request),
      });
      if (body.dry_run || query.dry_run === 'true') {
        return reply.code(200).send(toPreflightBody(accepted(await broadcasts.preflight(order))));
      }
      const { broadcastId } = accepted(await broadcasts.create(order));
      const made = await readModel.findBroadcast(broadcastId);
      if (!made) throw new NotFound('The broadcast is gone already.');
      return reply.code(202).header('location', `/api/v1/broadcasts/${broadcastId}`).send(made);
    },
  );

  routes.post(
    '/messages/bulk/preflight',
    {
      bodyLimit,
      schema: {
        ...common,
        summary: 'See what a broadcast would do',
        description: `Who would get it, who would not and why, and an estimate of its price; nothing is sent. ${lists}`,
        response: {
          200: json('What is to be expected.', Preflight),
          ...failures(400, 401, 404, 409, 413, 415, 503),
        },
      },
    },
    async (request) => {
      const order = await toOrder(request.body, { faulty: faultyLines.get(request) });
      return toPreflightBody(accepted(await broadcasts.preflight(order)));
    },
  );
}

function accepted<T extends object>(outcome: T | OrderRefusal): T {
  if ('refused' in outcome) throw new HttpError(statusOf[outcome.refused], outcome.refused, outcome.words);
  return outcome;
}

/** Numbers read in one go: it takes some 20 µs each. */
const readAtOnce = 250;

async function toOrder(
  { name, text, template, channel, recipients }: z.output<typeof BulkOrder>,
  { key, faulty }: { key?: string | undefined; faulty: ReadonlyMap<number, FaultyLine> | undefined },
): Promise<BroadcastOrder> {
  const read: Recipient[] = [];
  for (let start = 0; start < recipients.length; start += readAtOnce) {
    const some = recipients.slice(start, start + readAtOnce);
    read.push(...some.map((one, at) => toRecipient(one, faulty?.get(start + at))));
    await breathe();
  }
  const content = { text, template, channel };
  const digest = createHash('sha256')
    .update(JSON.stringify([name, content, read]))
    .digest('base64url');
  return {
    name,
    content,
    recipients: read,
    idempotency: key === undefined ? undefined : { key, digest },
  };
}

type GivenRecipient = z.output<typeof BulkOrder>['recipients'][number];

/** One faulty line of thousands is told of among the others, and holds up nobody. */
function toRecipient(
  { user_id, phone, bsuid, values }: GivenRecipient,
  faulty: FaultyLine | undefined,
): Recipient {
  if (faulty) return { kind: 'unreadable', given: faulty.place, fault: faulty.words, values };
  const given = [user_id, phone, bsuid].filter((one) => one !== undefined);
  const unreadable = { kind: 'unreadable', given: given.join(' ').replaceAll('\0', ''), values } as const;
  if (given.length !== 1) return unreadable;
  if (user_id !== undefined)
    return isPossibleId(user_id) ? { kind: 'user_id', given: user_id, values } : unreadable;
  if (bsuid !== undefined)
    return /^[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}$/.test(bsuid)
      ? { kind: 'bsuid', given: bsuid, values }
      : unreadable;
  const number = toPhone(phone ?? '');
  return number ? { kind: 'phone', given: number, values } : unreadable;
}

function toPreflightBody({ groups, estimate, ...counts }: PreflightFacts): z.input<typeof Preflight> {
  return {
    ...counts,
    groups: groups.map((group) => ({ ...group, recipients: [...group.recipients] })),
    estimate: {
      prices_as_of: estimate.pricesAsOf,
      provider_fees_usd: estimate.feesMicros / 1_000_000,
      whatsapp_charges_usd: estimate.chargesMicros / 1_000_000,
      unpriced_messages: estimate.unpriced,
    },
  };
}
