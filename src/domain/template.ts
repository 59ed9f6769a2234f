import type { ChannelName } from './identity.ts';
import type { TemplateUse } from './outbound.ts';

/** A template of the account, as its provider lists it. */
export interface Template {
  readonly channel: ChannelName;
  /** Meta: its name. Twilio: its ContentSid. */
  readonly name: string;
  readonly language: string;
  /** What people call it. */
  readonly title: string;
  /** Lower case: `utility`, `marketing`, `authentication`; undefined while the provider has not said. */
  readonly category?: string | undefined;
  /** Lower case; only what is `approved` reaches people who have not written for 24 hours. */
  readonly state: string;
  /** Why it is in this state. */
  readonly reason?: string | undefined;
  /** How people take to it: `green`, `yellow`, `red` or `unknown`; undefined where the provider does not say. */
  readonly quality?: string | undefined;
  /** The words people read, with placeholders such as `{{1}}` or `{{name}}`. */
  readonly body: string;
  readonly placeholders: Placeholders;
  /** As the provider has it. */
  readonly components: unknown;
}

/** Keys of the values a template takes. */
export interface Placeholders {
  readonly required: readonly string[];
  readonly optional: readonly string[];
}

const placeholder = /\{\{\s*(\w+)\s*\}\}/g;

/** Names of the placeholders in a text, each once, in their order. */
export function placeholdersIn(text: string): string[] {
  return [...new Set([...text.matchAll(placeholder)].map(([, name]) => name ?? ''))];
}

/** The words people get. */
export function fillTemplate({ body }: Pick<Template, 'body'>, values: TemplateUse['values']): string {
  return body.replace(placeholder, (whole, name: string) => values[name] ?? whole);
}

/** What providers refuse in a value that stands among the words of a template (Meta 132018, Twilio 21656). */
const unfit = /[\r\n\t]| {5}/;

/**
 * What is wrong with values: keys that are missing or empty, keys the template has no place for, and keys whose value has a line break,
 * a tab or more than four spaces in a row where people read it.
 */
export function checkValues(
  { body, placeholders }: Pick<Template, 'body' | 'placeholders'>,
  values: TemplateUse['values'],
): {
  readonly missing: readonly string[];
  readonly unknown: readonly string[];
  readonly unfit: readonly string[];
} {
  const { required, optional } = placeholders;
  const isEmpty = (key: string) => !Object.hasOwn(values, key) || values[key]?.trim() === '';
  const isUnknown = (key: string) => !required.includes(key) && !optional.includes(key);
  // The end of a link, what a button sends back and a link to a file are no words.
  const isRead = (key: string) =>
    placeholdersIn(body).includes(key) || /^header\.(?!(?:image|video|document)$)/.test(key);
  return {
    missing: required.filter(isEmpty),
    unknown: Object.keys(values).filter(isUnknown),
    unfit: required.filter((key) => !isEmpty(key) && isRead(key) && unfit.test(values[key] ?? '')),
  };
}
