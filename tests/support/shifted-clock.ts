import { readFileSync } from 'node:fs';

/*
 * Loaded before the product (`node --import`), this moves its clock by the milliseconds that stand in the file named by
 * `?file=…`. The file may change at any time: that is a clock that jumps. Timers go on as they are, as they do in reality.
 */

const RealDate = Date;
const file = new URL(import.meta.url).searchParams.get('file') ?? '';
/** Looking at the file for each time of day would cost more than the product itself. */
const lookEveryMs = 20;
let lookedAt = Number.NEGATIVE_INFINITY;
let offsetMs = 0;

function now(): number {
  if (performance.now() - lookedAt > lookEveryMs) {
    lookedAt = performance.now();
    const read = Number.parseInt(readFileSync(file, 'utf8'), 10);
    // Half-written is no number: the last offset stays.
    if (!Number.isNaN(read)) offsetMs = read;
  }
  return RealDate.now() + offsetMs;
}

globalThis.Date = new Proxy(RealDate, {
  construct: (target, parts: [], newTarget) =>
    Reflect.construct(target, parts.length === 0 ? [now()] : parts, newTarget) as Date,
  apply: () => new RealDate(now()).toString(),
  get: (target, name, receiver) => (name === 'now' ? now : (Reflect.get(target, name, receiver) as unknown)),
});
