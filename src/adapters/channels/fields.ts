/** What a webhook carries under names, as it came: values may be anything. */
export type Params = Readonly<Record<string, unknown>>;

/** Whether it has names and values at all. */
export function isParams(given: unknown): given is Params {
  return typeof given === 'object' && given !== null && !Array.isArray(given);
}

/** Far more than WhatsApp lets anyone type (4,096), little enough to store. */
const maxTextUnits = 65_536;

/**
 * A parameter as text that is safe to store: the first one where it was given twice, without NUL bytes (which end a string in
 * SQLite's own functions), well-formed, and cut at `maxUnits` UTF-16 units. '' when missing or not text.
 */
export function textOf(params: Params, name: string, maxUnits = maxTextUnits): string {
  // Own properties only: `constructor` and its kind are no parameters.
  if (!Object.hasOwn(params, name)) return '';
  const given = params[name];
  const value: unknown = Array.isArray(given) ? given[0] : given;
  if (typeof value !== 'string') return '';
  const text = value.length > maxUnits ? value.slice(0, maxUnits) : value;
  return (text.includes('\0') ? text.replaceAll('\0', '') : text).toWellFormed();
}

/** A parameter that must look like `pattern`; undefined when it does not. */
export function matchOf(params: Params, name: string, pattern: RegExp): string | undefined {
  const value = textOf(params, name, 4096);
  return pattern.test(value) ? value : undefined;
}

/** One line for people to read, such as a name: trimmed, without control characters. Undefined when nothing is left. */
export function lineOf(params: Params, name: string, maxUnits = 256): string | undefined {
  const text = textOf(params, name, maxUnits);
  if (text === '') return undefined;
  const line = text.replaceAll(/\p{Cc}+/gu, ' ').trim();
  return line === '' ? undefined : line;
}

/** A coordinate within ±`limit` degrees; undefined when it is none. */
export function degreesOf(params: Params, name: string, limit: number): number | undefined {
  const text = matchOf(params, name, /^-?\d{1,3}(?:\.\d{1,20})?$/);
  const degrees = Number(text);
  return text !== undefined && Math.abs(degrees) <= limit ? degrees : undefined;
}

/** A provider's name of something, for the log and the reply: nobody may write sentences into it. */
export function safeName(name: string): string {
  return /^[a-z0-9_-]{1,64}$/.test(name) ? name : 'unknown';
}
