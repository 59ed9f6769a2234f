import { isParams, type Params, textOf } from '../fields.ts';

const nothing: Params = {};

/** An object under a name; undefined when there is none. */
export function objectOf(given: Params, name: string): Params | undefined {
  const value = Object.hasOwn(given, name) ? given[name] : undefined;
  return isParams(value) ? value : undefined;
}

/** The same, empty where there is none: for what is optional with everything in it. */
export function partOf(given: Params, name: string): Params {
  return objectOf(given, name) ?? nothing;
}

/** A list under a name, its entries unchecked; empty when there is none. */
export function listOf(given: Params, name: string): readonly unknown[] {
  const value = Object.hasOwn(given, name) ? given[name] : undefined;
  return Array.isArray(value) ? value : [];
}

/** The objects of a list under a name. */
export function objectsOf(given: Params, name: string): readonly Params[] {
  return listOf(given, name).filter(isParams);
}

/** A number or what reads as one; undefined when it is none. Meta writes ids, times and prices either way. */
export function numberOf(given: Params, name: string): number | undefined {
  const value = Object.hasOwn(given, name) ? given[name] : undefined;
  const number =
    typeof value === 'string' && /^-?\d{1,20}(?:\.\d{1,20})?$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}

/** A text, or a whole number as text; '' when it is neither. */
export function wordOf(given: Params, name: string, maxUnits = 512): string {
  const value = Object.hasOwn(given, name) ? given[name] : undefined;
  return Number.isSafeInteger(value) ? String(value) : textOf(given, name, maxUnits);
}

/** Whether something is said to be so. */
export function isSet(given: Params, name: string): boolean {
  const value = Object.hasOwn(given, name) ? given[name] : undefined;
  return value === true || value === 'true';
}

/** The provider's clock, Unix seconds, in milliseconds; undefined when it is no time of this century or the next. */
export function timeOf(given: Params, name = 'timestamp'): number | undefined {
  const seconds = numberOf(given, name);
  if (seconds === undefined || seconds < 946_684_800 || seconds > 7_258_118_400) return undefined;
  return Math.round(seconds * 1000);
}

/** Meta's id of a message, usually `wamid.` and base64; Meta's to change, so that anything printable goes that is no path. */
export function messageIdOf(given: Params, name: string): string | undefined {
  const id = textOf(given, name, 1024);
  return /^(?![./])[\x21-\x5b\x5d-\x7e]{1,256}$/.test(id) ? id : undefined;
}
