import type { ServerResponse } from 'node:http';

/** A message the stand-in accepted. */
export interface SentMessage {
  readonly sid: string;
  readonly to: string;
  readonly from: string;
  readonly body: string;
  /** Of a template: its id, and its values as JSON. */
  readonly contentSid?: string | undefined;
  readonly contentVariables?: string | undefined;
  /** Where it is to be reported what becomes of it. */
  readonly statusCallback?: string | undefined;
  readonly at: Date;
}

/** A message in the account's history; inbound ones are there too. */
export interface HistoryMessage extends SentMessage {
  readonly direction: string;
}

/** The JSON of one page of messages, newest first, filtered as the query of `url` asks. */
export function listJson(
  history: readonly HistoryMessage[],
  url: URL,
  account: { readonly messagesPath: string; readonly accountSid: string },
): string {
  const { messagesPath, accountSid } = account;
  const query = url.searchParams;
  const pageSize = Number(query.get('PageSize') ?? 50);
  const page = Number(query.get('Page') ?? 0);
  const after = query.get('DateSent>');
  const before = query.get('DateSent<');
  const found = history
    .filter((message) => !query.has('To') || message.to === query.get('To'))
    .filter((message) => !query.has('From') || message.from === query.get('From'))
    .filter((message) => !after || message.at >= new Date(after))
    .filter((message) => !before || message.at <= new Date(before))
    .sort((one, other) => other.at.getTime() - one.at.getTime());
  const next = new URLSearchParams(query);
  next.set('Page', String(page + 1));
  next.set('PageToken', `PA${found.at(-1)?.sid ?? ''}`);
  const messages = found.slice(page * pageSize, (page + 1) * pageSize);
  return JSON.stringify({
    end: page * pageSize + messages.length - 1,
    first_page_uri: `${messagesPath}.json?PageSize=${pageSize}&Page=0`,
    next_page_uri: found.length > (page + 1) * pageSize ? `${messagesPath}.json?${next}` : null,
    page,
    page_size: pageSize,
    previous_page_uri: null,
    messages: messages.map((message) => toJson(accountSid, message, 'sent')),
    start: page * pageSize,
    uri: `${url.pathname}${url.search}`,
  });
}

/** The JSON of one message. */
export function messageJson(accountSid: string, message: HistoryMessage, status: 'queued' | 'sent'): string {
  return JSON.stringify(toJson(accountSid, message, status));
}

function toJson(accountSid: string, message: HistoryMessage, status: string): object {
  const uri = `/2010-04-01/Accounts/${accountSid}/Messages/${message.sid}`;
  const date = message.at.toUTCString().replace('GMT', '+0000');
  return {
    account_sid: accountSid,
    api_version: '2010-04-01',
    body: message.body,
    date_created: date,
    date_sent: status === 'queued' ? null : date,
    date_updated: date,
    direction: message.direction,
    error_code: null,
    error_message: null,
    from: message.from,
    messaging_service_sid: null,
    num_media: '0',
    num_segments: '1',
    price: null,
    price_unit: null,
    sid: message.sid,
    status,
    subresource_uris: { media: `${uri}/Media.json` },
    to: message.to,
    uri: `${uri}.json`,
  };
}

/** An error as Twilio words it. */
export function answerError(
  response: ServerResponse,
  error: { status: number; code?: number; message?: string; retryAfter?: number | string },
): void {
  const code = error.code ?? (error.status === 429 ? 20429 : undefined);
  if (error.retryAfter !== undefined) response.setHeader('retry-after', String(error.retryAfter));
  answerJson(
    response,
    error.status,
    JSON.stringify({
      code: code ?? null,
      message: error.message ?? 'Scripted failure',
      more_info: `https://www.twilio.com/docs/errors/${code ?? ''}`,
      status: error.status,
    }),
  );
}

/** An answer whose body is JSON, or claims to be. */
export function answerJson(response: ServerResponse, status: number, json: string): void {
  response.writeHead(status, { 'content-type': 'application/json;charset=utf-8' }).end(json);
}
