import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import {
  answerError,
  answerJson,
  type HistoryMessage,
  listJson,
  messageJson,
  type SentMessage,
} from './twilio-answers.ts';
import { answerContents, filledContent, type TwilioContent } from './twilio-content.ts';
import { checkList, checkMessage, checkTyping, type FormFault } from './twilio-form-rules.ts';
import {
  answerMediaRequest,
  close,
  listen,
  type MediaFault,
  type StandInFile,
  serveBytes,
} from './twilio-stand-in-media.ts';
import { newSid } from './twilio-webhook.ts';
import { waitFor } from './wait-for.ts';

/** What becomes of one attempt to send. A drop closes the connection: before storing the message, or after. */
export type SendFault =
  | 'ok'
  | 'drop-before'
  | 'drop-after'
  /** Stored; the 201 breaks off in the middle of its JSON. */
  | 'broken-answer'
  /** Stored; a 201 with something that is no message. */
  | 'no-message'
  /** Stored; never answered. */
  | 'silent'
  | number
  | { readonly status: number; readonly code?: number; readonly retryAfter?: number | string };

/** A Twilio of our own: strict about every request, scriptable, with its files on a second server. */
export interface TwilioStandIn extends AsyncDisposable {
  /** For TWILIO_BASE_URL. */
  readonly url: string;
  /** Where files come from after a redirect; for MEDIA_EXTRA_ORIGINS. */
  readonly cdnUrl: string;
  readonly accountSid: string;
  readonly authToken: string;
  /** Every message accepted, oldest first. */
  readonly sent: readonly SentMessage[];
  /** Ids of the messages typing was shown for. */
  readonly typings: readonly string[];
  /** Everything no well-behaved client does. Assert that it is empty. */
  readonly problems: readonly string[];
  /** Attempts to send, failed ones included. */
  readonly attempts: number;
  /** Requests for files, failed ones included. */
  readonly filesAsked: number;
  /** Messages that repeat an earlier one: same person, same text. */
  readonly duplicates: number;
  /** Scripts the next attempts to send; afterwards everything is accepted again. */
  nextSends(faults: readonly SendFault[]): void;
  /** From now on each attempt to send that nothing was scripted for is asked what becomes of it. */
  sendsFail(choose: (to: string) => SendFault): void;
  /** Scripts the next typing indicators to fail with a status. */
  nextTypings(statuses: readonly number[]): void;
  /** What was deleted: messages by id, files as `MM…/Media/ME…`. */
  readonly deleted: readonly string[];
  /** Scripts the next deletions to fail with a status. */
  nextDeletes(statuses: readonly number[]): void;
  /** Gives the account a Content template. */
  addContent(content: TwilioContent): void;
  /** Offers a file; the link is the one a webhook would carry (https://api.twilio.com/…). */
  addMedia(bytes: Uint8Array, contentType: string, faults?: readonly MediaFault[]): string;
  /** Puts a message into the account's history, as if somebody had sent it at that time. */
  addHistory(message: { to: string; from: string; body: string; at: Date; direction?: string }): string;
  /** Resolves once `count` messages were accepted. @throws after `timeoutMs` */
  waitForSent(count: number, timeoutMs?: number): Promise<readonly SentMessage[]>;
}

/** Starts both servers on free ports. */
export async function openTwilioStandIn(account: {
  readonly accountSid: string;
  readonly authToken: string;
}): Promise<TwilioStandIn> {
  const { accountSid, authToken } = account;
  const history: HistoryMessage[] = [];
  const sent: SentMessage[] = [];
  const typings: string[] = [];
  const contents: TwilioContent[] = [];
  const problems: string[] = [];
  const sendFaults: SendFault[] = [];
  const typingFaults: number[] = [];
  const deleteFaults: number[] = [];
  const deleted: string[] = [];
  const files = new Map<string, StandInFile>();
  /** What the CDN shall do with the next request for a path. */
  const bodyFaults = new Map<string, string>();
  let attempts = 0;
  let filesAsked = 0;
  let choose: (to: string) => SendFault = () => 'ok';

  const messagesPath = `/2010-04-01/Accounts/${accountSid}/Messages`;
  const credentials = `Basic ${Buffer.from(`${accountSid}:${authToken}`).toString('base64')}`;

  const cdn = await listen(async (request, response) => {
    const path = request.url ?? '';
    if (request.headers.authorization !== undefined) problems.push('credentials were sent to the CDN');
    const file = files.get(path.replace('/files/', ''));
    if (!file) return void response.writeHead(404).end();
    const fault = bodyFaults.get(path);
    bodyFaults.delete(path);
    await serveBytes(response, file, fault);
  });

  const api = await listen(async (request, response) => {
    const url = new URL(request.url ?? '', 'http://stand-in');
    const body = await text(request);
    if (request.headers.authorization !== credentials) {
      problems.push(`${request.method} ${url.pathname}: wrong credentials`);
      return answerError(response, { status: 401, code: 20003, message: 'Authenticate' });
    }
    const route = `${request.method} ${url.pathname}`;
    if (route === `POST ${messagesPath}.json`) return answerSend(formOf(request, body), response);
    if (route === `GET ${messagesPath}.json`) return answerList(url, response);
    if (route === 'GET /v1/ContentAndApprovals') return answerContents(contents, url, response);
    if (route === 'POST /v2/Indicators/Typing.json') return answerTyping(formOf(request, body), response);
    if (request.method === 'DELETE' && url.pathname.startsWith(`${messagesPath}/`)) {
      return answerDelete(url.pathname.slice(messagesPath.length + 1), response);
    }
    if (request.method === 'GET' && url.pathname.startsWith(`${messagesPath}/`)) {
      return answerMedia(url.pathname, response);
    }
    problems.push(`${route}: no such resource`);
    return answerError(response, {
      status: 404,
      code: 20404,
      message: 'The requested resource was not found',
    });
  });

  function formOf(request: IncomingMessage, body: string): URLSearchParams {
    const type = request.headers['content-type'] ?? '';
    if (!type.startsWith('application/x-www-form-urlencoded')) problems.push(`content type ${type}`);
    return new URLSearchParams(body);
  }

  function answerSend(form: URLSearchParams, response: ServerResponse) {
    attempts += 1;
    const wrong = checkMessage(form);
    if (wrong) return complain('a message', wrong, response);
    const fault = sendFaults.shift() ?? choose(form.get('To') ?? '');
    if (fault === 'drop-before') return void response.destroy();
    if (typeof fault === 'number') return answerError(response, { status: fault });
    if (typeof fault === 'object') return answerError(response, fault);
    const message: HistoryMessage = {
      sid: newSid('SM'),
      to: form.get('To') ?? '',
      from: form.get('From') ?? '',
      body: form.get('Body') ?? '',
      contentSid: form.get('ContentSid') ?? undefined,
      contentVariables: form.get('ContentVariables') ?? undefined,
      statusCallback: form.get('StatusCallback') ?? undefined,
      at: new Date(),
      direction: 'outbound-api',
    };
    history.push({ ...message, body: form.get('Body') ?? filledContent(contents, form) });
    sent.push(message);
    if (fault === 'silent') return;
    if (fault === 'drop-after') return void response.destroy();
    if (fault === 'no-message') return answerJson(response, 201, 'accepted');
    const json = messageJson(accountSid, message, 'queued');
    if (fault === 'ok') return answerJson(response, 201, json);
    response.writeHead(201, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(json),
    });
    response.write(json.slice(0, 80), () => response.destroy());
  }

  function answerList(url: URL, response: ServerResponse) {
    const query = url.searchParams;
    const wrong = checkList(query);
    if (wrong) return complain('a list', wrong, response);
    answerJson(response, 200, listJson(history, url, { messagesPath, accountSid }));
  }

  function answerTyping(form: URLSearchParams, response: ServerResponse) {
    const wrong = checkTyping(form);
    if (wrong) return complain('a typing indicator', wrong, response);
    const status = typingFaults.shift();
    if (status !== undefined) return answerError(response, { status });
    typings.push(form.get('messageId') ?? '');
    answerJson(response, 200, '{"success":true}');
  }

  /** What is deleted is not there to be deleted again. */
  function answerDelete(path: string, response: ServerResponse) {
    const status = deleteFaults.shift();
    if (status !== undefined) return answerError(response, { status });
    const resource = /^((?:SM|MM)[0-9a-f]{32}(?:\/Media\/ME[0-9a-f]{32})?)\.json$/.exec(path)?.[1];
    if (!resource) problems.push(`DELETE ${path}: no such resource`);
    if (!resource || deleted.includes(resource))
      return answerError(response, {
        status: 404,
        code: 20404,
        message: 'The requested resource was not found',
      });
    deleted.push(resource);
    response.writeHead(204).end();
  }

  function answerMedia(path: string, response: ServerResponse) {
    filesAsked += 1;
    const id = path.split('/').at(-1) ?? '';
    const file = files.get(id);
    if (!file) {
      return answerError(response, {
        status: 404,
        code: 20404,
        message: 'The requested resource was not found',
      });
    }
    // A loop has no end of its own: the fault stays.
    const fault = file.faults[0] === 'redirect-loop' ? file.faults[0] : file.faults.shift();
    if (['endless', 'cut-short', 'says-huge', 'drip'].includes(String(fault))) {
      bodyFaults.set(`/files/${id}`, String(fault));
    }
    answerMediaRequest(response, fault, { self: `${api.url}${path}`, cdn: `${cdn.url}/files/${id}` });
  }

  function complain(about: string, fault: FormFault, response: ServerResponse) {
    problems.push(`${about}: ${fault.message}`);
    answerError(response, { status: 400, ...fault });
  }

  return {
    url: api.url,
    cdnUrl: cdn.url,
    accountSid,
    authToken,
    sent,
    typings,
    problems,
    get attempts() {
      return attempts;
    },
    get filesAsked() {
      return filesAsked;
    },
    get duplicates() {
      return sent.length - new Set(sent.map(({ to, body }) => `${to}\n${body}`)).size;
    },
    addContent: (content) => void contents.push(content),
    nextSends: (faults) => void sendFaults.push(...faults),
    sendsFail: (next) => {
      choose = next;
    },
    deleted,
    nextDeletes: (statuses) => void deleteFaults.push(...statuses),
    nextTypings: (statuses) => void typingFaults.push(...statuses),
    addMedia(bytes, contentType, faults = []) {
      const id = newSid('ME');
      files.set(id, { bytes, contentType, faults: [...faults] });
      return `https://api.twilio.com${messagesPath}/${newSid('MM')}/Media/${id}`;
    },
    addHistory(message) {
      const sid = newSid('SM');
      history.push({ direction: 'outbound-api', ...message, sid });
      return sid;
    },
    async waitForSent(count, timeoutMs = 15_000) {
      const what = `message ${count}`;
      await waitFor(what, () => sent.length >= count, timeoutMs);
      return sent;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([close(api.server), close(cdn.server)]);
    },
  };
}
