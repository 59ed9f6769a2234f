import type { ServerResponse } from 'node:http';
import { answerJson } from './twilio-answers.ts';

/** A Content template of the account, as Twilio lists it with what WhatsApp said to it. */
export interface TwilioContent {
  /** `HX…` */
  readonly sid: string;
  readonly friendlyName: string;
  readonly language: string;
  /** Samples by placeholder. */
  readonly variables: Readonly<Record<string, string>>;
  readonly types: Readonly<Record<string, object>>;
  readonly approval: {
    readonly status: string;
    readonly category?: string;
    readonly rejection_reason?: string;
  };
}

/** A text that WhatsApp approved. */
export function approvedContent(sid: string, body: string, over: Partial<TwilioContent> = {}): TwilioContent {
  const names = [...body.matchAll(/\{\{(\w+)\}\}/g)].map(([, name]) => name ?? '');
  return {
    sid,
    friendlyName: 'a text',
    language: 'en',
    variables: Object.fromEntries(names.map((name) => [name, 'sample'])),
    types: { 'twilio/text': { body } },
    approval: { status: 'approved', category: 'UTILITY' },
    ...over,
  };
}

/** A quick reply as the owner makes it for choices: text, titles and ids are all variables. WhatsApp was not asked about it. */
export function choicesContent(sid: string, buttons: 2 | 3): TwilioContent {
  const actions = Array.from({ length: buttons }, (_, index) => ({
    type: 'QUICK_REPLY',
    title: `{{${2 * index + 2}}}`,
    id: `{{${2 * index + 3}}}`,
  }));
  const types = { 'twilio/quick-reply': { body: '{{1}}', actions } };
  return approvedContent(sid, '{{1}}', { types, approval: { status: 'unsubmitted' } });
}

/** Answers `GET /v1/ContentAndApprovals`, at most two a page, so that every list has several. */
export function answerContents(contents: readonly TwilioContent[], url: URL, response: ServerResponse): void {
  const size = Math.min(2, Number(url.searchParams.get('PageSize') ?? 50));
  const page = Number(url.searchParams.get('Page') ?? 0);
  const address = (to: number) => `https://content.twilio.com${url.pathname}?PageSize=${size}&Page=${to}`;
  const isMore = contents.length > (page + 1) * size;
  const body = {
    meta: {
      key: 'contents',
      page,
      page_size: size,
      first_page_url: address(0),
      previous_page_url: null,
      url: address(page),
      next_page_url: isMore ? address(page + 1) : null,
    },
    contents: contents.slice(page * size, (page + 1) * size).map((content) => ({
      sid: content.sid,
      account_sid: `AC${'1'.repeat(32)}`,
      friendly_name: content.friendlyName,
      language: content.language,
      variables: content.variables,
      types: content.types,
      approval_requests: {
        name: content.friendlyName.replaceAll(' ', '_'),
        content_type: 'twilio/text',
        rejection_reason: '',
        ...content.approval,
      },
      date_created: '2026-11-01T10:00:00Z',
      date_updated: '2026-11-01T10:00:00Z',
    })),
  };
  answerJson(response, 200, JSON.stringify(body));
}

/** What a person reads of a message made from a template, which is what Twilio lists as its body. */
export function filledContent(contents: readonly TwilioContent[], form: URLSearchParams): string {
  const content = contents.find(({ sid }) => sid === form.get('ContentSid'));
  const [type] = Object.values(content?.types ?? {}) as { body?: string }[];
  const body = type?.body ?? '';
  const values = JSON.parse(form.get('ContentVariables') ?? '{}') as Record<string, string>;
  return body.replace(/\{\{(\w+)\}\}/g, (whole, name: string) => values[name] ?? whole);
}
