import type { IncomingMessage, ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { answerFault, answerJson, type MetaFault, metaFault, takenAnswer } from './meta-answers.ts';
import { checkMessage, checkRead } from './meta-message-rules.ts';
import { type MetaSendFault, type MetaSent, personOf, sentOf } from './meta-sent.ts';
import { type MetaFiles, openMetaFiles, type UploadedFile } from './meta-stand-in-files.ts';
import { answerTemplates, checkTemplate, type MetaTemplate } from './meta-templates.ts';
import {
  type MetaStatus,
  metaAccountId,
  metaBody,
  metaNumber,
  newWamid,
  signedMetaWebhook,
} from './meta-webhook.ts';
import { close, listen, type MediaFault } from './twilio-stand-in-media.ts';
import { waitFor } from './wait-for.ts';

/** A Graph API of our own: strict about every request, scriptable, with its files on two other servers. */
export interface MetaStandIn extends AsyncDisposable {
  /** For WHATSAPP_BASE_URL. */
  readonly url: string;
  /** Where files come from; for MEDIA_EXTRA_ORIGINS. */
  readonly mediaOrigins: readonly string[];
  readonly accessToken: string;
  readonly appSecret: string;
  readonly phoneNumberId: string;
  readonly apiVersion: string;
  /** Every message people get, oldest first. */
  readonly sent: readonly MetaSent[];
  /** Messages that were answered with an id and thrown away, because a user id was in `to`. */
  readonly dropped: readonly MetaSent[];
  /** Ids of the messages marked as read, and of those typing was shown for. */
  readonly read: readonly string[];
  readonly typings: readonly string[];
  readonly uploaded: readonly UploadedFile[];
  /** Ids of the files that were deleted. */
  readonly deleted: readonly string[];
  /** Everything no well-behaved client does. Assert that it is empty. */
  readonly problems: readonly string[];
  /** Attempts to send, failed ones included. */
  readonly attempts: number;
  /** Links to files that were asked for, and requests for the files behind them. */
  readonly filesAsked: Readonly<MetaFiles['counts']>;
  /** Scripts the next attempts to send; afterwards everything is taken again. */
  nextSends(faults: readonly MetaSendFault[]): void;
  /** From now on each attempt to send that nothing was scripted for is asked what becomes of it. */
  sendsFail(choose: (address: string) => MetaSendFault): void;
  /** Scripts the next answers to other calls than sending: uploads, deletions, typing. */
  nextCalls(faults: readonly MetaFault[]): void;
  /** Scripts the next answers to a media id: an error, or a link to somewhere. */
  nextLinks(faults: readonly (MetaFault | { readonly link: string })[]): void;
  /** From now on, or until `false`, every call fails because the token has expired. */
  expireToken(expired?: boolean): void;
  /** Offers a file; the id is the one a webhook would carry. */
  addMedia(bytes: Uint8Array, contentType: string, faults?: readonly MediaFault[]): string;
  /** Ends every link given so far, as if five minutes had passed. */
  expireLinks(): void;
  /** Gives the account (`metaAccountId`) a template. Once it has one, only those it has can be sent. */
  addTemplate(template: MetaTemplate): void;
  /** Posts a body as Meta does, signed. */
  post(webhookUrl: string, body: unknown): Promise<Response>;
  /** Posts signed webhooks about what was sent: one with all of these statuses, in this order. */
  report(webhookUrl: string, statuses: readonly MetaStatus[]): Promise<Response>;
  /** The status of a message that was taken, with the reference it came with. */
  statusOf(
    sent: MetaSent,
    status: MetaStatus['status'],
    over?: Partial<Pick<MetaStatus, 'at' | 'error' | 'to'>>,
  ): MetaStatus;
  /** Resolves once `count` messages were taken. @throws after `timeoutMs` */
  waitForSent(count: number, timeoutMs?: number): Promise<readonly MetaSent[]>;
}

/** Starts its servers on free ports. */
export async function openMetaStandIn(
  account: Partial<Pick<MetaStandIn, 'accessToken' | 'appSecret' | 'phoneNumberId' | 'apiVersion'>> = {},
): Promise<MetaStandIn> {
  const accessToken = account.accessToken ?? 'EAAtest0token';
  const appSecret = account.appSecret ?? 'beef'.repeat(8);
  const phoneNumberId = account.phoneNumberId ?? metaNumber.phoneNumberId;
  const apiVersion = account.apiVersion ?? 'v26.0';
  const sent: MetaSent[] = [];
  const dropped: MetaSent[] = [];
  const read: string[] = [];
  const typings: string[] = [];
  const problems: string[] = [];
  const sendFaults: MetaSendFault[] = [];
  const callFaults: MetaFault[] = [];
  const templates: MetaTemplate[] = [];
  let attempts = 0;
  let isExpired = false;
  let choose: (address: string) => MetaSendFault = () => 'ok';
  const authorization = `Bearer ${accessToken}`;
  const files = await openMetaFiles({ authorization, problems });

  const api = await listen(async (request, response) => {
    const body = await buffer(request);
    const url = new URL(request.url ?? '', `http://${request.headers.host}`);
    const { pathname } = url;
    const route = `${request.method} ${pathname}`;
    const tokenFault = metaFault(190, { details: 'Error validating access token' });
    if (request.headers.authorization !== authorization) {
      problems.push(`${route}: wrong token`);
      return answerFault(response, tokenFault);
    }
    if (isExpired) return answerFault(response, { ...tokenFault, subcode: 463 });
    const [, version, object = '', edge, ...rest] = pathname.split('/');
    if (version === apiVersion && rest.length === 0) {
      if (object === phoneNumberId && request.method === 'POST') {
        if (edge === 'messages') return answerMessage(request, body, response);
        if (edge === 'media') {
          const fault = callFaults.shift();
          return fault ? answerFault(response, fault) : files.answerUpload(request, body, response);
        }
      }
      if (`${request.method} ${object}/${edge}` === `GET ${metaAccountId}/message_templates`) {
        const fault = callFaults.shift();
        return fault ? answerFault(response, fault) : answerTemplates(templates, url, response);
      }
      if (/^\d{1,32}$/.test(object) && edge === undefined) {
        if (request.method === 'GET') return files.answerLink(object, response);
        if (request.method === 'DELETE') {
          const fault = callFaults.shift();
          return fault ? answerFault(response, fault) : files.answerDelete(object, response);
        }
      }
    }
    problems.push(`${route}: no such resource`);
    answerFault(response, metaFault(100, { subcode: 33, details: `Unsupported request: ${route}` }));
  });

  const post = (webhookUrl: string, body: unknown) =>
    fetch(webhookUrl, { method: 'POST', ...signedMetaWebhook({ appSecret, body }) });

  function answerMessage(request: IncomingMessage, body: Buffer, response: ServerResponse) {
    const json = objectOf(request, body);
    if (!json)
      return complain('a message', metaFault(100, { details: 'The body is no JSON object' }), response);
    if ('status' in json) return answerRead(json, response);
    attempts += 1;
    const fault = checkMessage(json) ?? checkFile(json);
    if (fault) return complain('a message', fault, response);
    const unusable = templates.length > 0 ? checkTemplate(templates, json) : undefined;
    // No problem of the client's: templates change their state at any time.
    if (unusable) return answerFault(response, unusable);
    const address = String(json.to ?? json.recipient);
    const fate = sendFaults.shift() ?? choose(address);
    if (fate === 'drop-before') return void response.destroy();
    if (typeof fate === 'object') return answerFault(response, fate);
    const id = newWamid();
    const message = sentOf(json, id);
    if (/^[A-Z]{2}\./.test(message.to ?? '')) {
      problems.push('a user id was put in `to`: the message is dropped');
      dropped.push(message);
    } else sent.push(message);
    if (fate === 'silent') return;
    if (fate === 'drop-after') return void response.destroy();
    if (fate === 'no-message') return answerJson(response, 200, { messaging_product: 'whatsapp' });
    if (fate === 'no-json') return void response.writeHead(200).end('<html>');
    const answer = takenAnswer(json, id);
    if (fate === 'ok') return answerJson(response, 200, answer);
    const text = JSON.stringify(answer);
    response.writeHead(200, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
    });
    response.write(text.slice(0, 40), () => response.destroy());
  }

  function answerRead(json: Readonly<Record<string, unknown>>, response: ServerResponse) {
    const fault = checkRead(json);
    if (fault) return complain('a mark as read', fault, response);
    const scripted = callFaults.shift();
    if (scripted) return answerFault(response, scripted);
    read.push(String(json.message_id));
    if (json.typing_indicator) typings.push(String(json.message_id));
    answerJson(response, 200, { success: true });
  }

  /** A file must have been uploaded before. */
  function checkFile(json: Readonly<Record<string, unknown>>): MetaFault | undefined {
    const { id } = (json[String(json.type)] ?? {}) as { id?: string };
    if (id === undefined || files.has(id)) return undefined;
    return metaFault(100, { details: 'There is no media of this id' });
  }

  function objectOf(request: IncomingMessage, body: Buffer): Record<string, unknown> | undefined {
    if (!/^application\/json\b/.test(request.headers['content-type'] ?? '')) return undefined;
    const json: unknown = JSON.parse(body.toString());
    return typeof json === 'object' && json !== null ? (json as Record<string, unknown>) : undefined;
  }

  function complain(about: string, fault: MetaFault, response: ServerResponse) {
    problems.push(`${about}: ${fault.details}`);
    answerFault(response, fault);
  }

  return {
    url: api.url,
    mediaOrigins: files.origins,
    accessToken,
    appSecret,
    phoneNumberId,
    apiVersion,
    sent,
    dropped,
    read,
    typings,
    uploaded: files.uploaded,
    deleted: files.deleted,
    problems,
    get attempts() {
      return attempts;
    },
    filesAsked: files.counts,
    nextSends: (faults) => void sendFaults.push(...faults),
    sendsFail: (next) => {
      choose = next;
    },
    nextCalls: (faults) => void callFaults.push(...faults),
    nextLinks: files.nextLinks,
    expireToken: (expired = true) => {
      isExpired = expired;
    },
    addMedia: (bytes, contentType, faults = []) => files.add(bytes, contentType, faults),
    expireLinks: files.expireLinks,
    addTemplate: (template) => void templates.push(template),
    post,
    async report(webhookUrl, statuses) {
      return post(webhookUrl, metaBody({ statuses }, { ...metaNumber, phoneNumberId }));
    },
    statusOf: (message, status, over = {}) => ({
      id: message.id,
      status,
      to: personOf(message),
      reference: message.reference,
      ...over,
    }),
    async waitForSent(count, timeoutMs = 15_000) {
      await waitFor(`message ${count}`, () => sent.length >= count, timeoutMs);
      return sent;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([close(api.server), files[Symbol.asyncDispose]()]);
    },
  };
}
