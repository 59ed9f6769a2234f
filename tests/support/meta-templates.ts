import type { ServerResponse } from 'node:http';
import { answerJson, type MetaFault, metaFault } from './meta-answers.ts';

/** A template of the account, as Meta lists it. */
export interface MetaTemplate {
  readonly name: string;
  readonly language: string;
  readonly status: 'APPROVED' | 'PENDING' | 'REJECTED' | 'PAUSED' | 'DISABLED';
  readonly category: 'UTILITY' | 'MARKETING' | 'AUTHENTICATION';
  readonly quality_score?: { readonly score: 'GREEN' | 'YELLOW' | 'RED' | 'UNKNOWN'; readonly date: number };
  /** `[{type: 'BODY', text: 'Hello {{1}}'}, …]` */
  readonly components: readonly {
    readonly type: string;
    readonly text?: string;
    readonly [more: string]: unknown;
  }[];
}

/** A template that has been approved, with a body. */
export function approvedTemplate(name: string, body: string, over: Partial<MetaTemplate> = {}): MetaTemplate {
  const components = [{ type: 'BODY', text: body }];
  return { name, language: 'en_US', status: 'APPROVED', category: 'UTILITY', components, ...over };
}

/** Answers `GET /{account}/message_templates`: pages of `limit`, with a cursor to the next. */
export function answerTemplates(
  templates: readonly MetaTemplate[],
  url: URL,
  response: ServerResponse,
): void {
  const limit = Number(url.searchParams.get('limit') ?? 25);
  const from = Number(url.searchParams.get('after') ?? 0);
  const page = templates.slice(from, from + limit);
  const end = from + page.length;
  const next = new URL(url);
  next.searchParams.set('after', String(end));
  answerJson(response, 200, {
    data: page.map((template, index) => ({ id: String(5_000_000 + from + index), ...template })),
    paging: {
      cursors: { before: String(from), after: String(end) },
      ...(end < templates.length && { next: next.href }),
    },
  });
}

/** What Meta says to a message with this template: it must be approved in its language, and get as many values as its body has. */
export function checkTemplate(
  templates: readonly MetaTemplate[],
  message: Readonly<Record<string, unknown>>,
): MetaFault | undefined {
  if (message.type !== 'template') return undefined;
  const used = message.template as {
    name: string;
    language: { code: string };
    components?: { type: string; parameters: { parameter_name?: string }[] }[];
  };
  const template = templates.find(
    ({ name, language }) => name === used.name && language === used.language.code,
  );
  const fault = (code: number, details: string) =>
    metaFault(code, { details, ...(code === 132001 && { status: 404 }) });
  if (template?.status === 'PAUSED') return fault(132015, 'The template is paused');
  if (template?.status === 'DISABLED') return fault(132016, 'The template is disabled');
  if (template?.status !== 'APPROVED')
    return fault(132001, 'Template name does not exist in the translation');
  const body = template.components.find(({ type }) => type === 'BODY')?.text ?? '';
  const wanted = new Set([...body.matchAll(/\{\{(\w+)\}\}/g)].map(([, name]) => name ?? ''));
  const given = used.components?.find(({ type }) => type === 'body')?.parameters ?? [];
  if (given.length !== wanted.size) return fault(132000, 'Number of parameters does not match');
  const named = given.flatMap(({ parameter_name: name }) => name ?? []);
  return named.some((name) => !wanted.has(name)) ? fault(100, 'Unknown parameter name') : undefined;
}
