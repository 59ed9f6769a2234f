import { isIP } from 'node:net';
import { z } from 'zod';

/** Any text. */
export const text = z.string();
/** true or false in the words people use; empty is false. */
export const flag = z
  .enum(['true', 'false', '1', '0', 'yes', 'no', 'on', 'off', ''], { error: 'must be true or false' })
  .transform((value) => ['true', '1', 'yes', 'on'].includes(value));
/** A whole number between two bounds, both allowed. */
export const wholeNumber = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d+$/, `must be a whole number from ${min} to ${max}`)
    .transform(Number)
    .refine((value) => value >= min && value <= max, `must be a whole number from ${min} to ${max}`);
/** Comma-separated items without the empty ones. */
export const list = z.string().transform((value) =>
  value
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== ''),
);
/** An http(s) address, or empty. */
export const origin = z
  .string()
  .refine((value) => value === '' || isHttpUrl(value), 'must be an http(s) address');
/** Nothing but digits, or empty. */
export const digits = z.string().regex(/^\d*$/, 'must be digits only');
/** A version of Meta's Graph API. */
export const graphVersion = z.string().regex(/^v\d{1,3}\.\d{1,2}$/, 'must look like v26.0');
/** An amount in USD; empty = undefined. */
export const dollars = z
  .string()
  .refine(
    (value) => value === '' || /^\d+(\.\d+)?$/.test(value),
    'must be an amount in USD such as 2.50, or empty for none',
  )
  .transform((value) => (value === '' ? undefined : Number(value)));
/** One of a few words. */
export const oneOf = <const T extends readonly [string, ...string[]]>(values: T) =>
  z.enum(values, { error: `must be one of ${values.join(', ')}` });

/** What Fastify takes for trustProxy. */
export const proxies = z
  .string()
  .refine(
    (value) =>
      /^(true|false|\d{1,2})$/.test(value) || value.split(',').every((item) => isProxyAddress(item.trim())),
    'must be true, false, a number of hops, or addresses such as 10.0.0.0/8',
  );

function isProxyAddress(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/');
  if (['loopback', 'linklocal', 'uniquelocal'].includes(text)) return true;
  return isIP(address) > 0 && rest.length === 0 && (bits === undefined || /^\d{1,3}$/.test(bits));
}

/** Whether a text is an address of the web. */
export function isHttpUrl(value: string): boolean {
  return URL.canParse(value) && /^https?:$/.test(new URL(value).protocol);
}
