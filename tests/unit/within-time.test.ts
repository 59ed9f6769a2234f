import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { withinTime } from '#src/adapters/channels/within-time.ts';

/** Work that ends only when it is told to, as a call to a silent server. */
const untilAborted = (signal: AbortSignal) =>
  new Promise<never>((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason));
  });

describe('work within a time', () => {
  it('gives what the work gave, and leaves nothing behind', async () => {
    const { signal } = new AbortController();
    expect(await withinTime(signal, 60_000, async () => 7)).toBe(7);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('is aborted when the time is up', async () => {
    const { signal } = new AbortController();
    await expect(withinTime(signal, 5, untilAborted)).rejects.toMatchObject({ name: 'TimeoutError' });
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('is aborted with the reason of the caller, also of one who was early', async () => {
    const stop = new AbortController();
    const reason = new Error('enough');
    const working = withinTime(stop.signal, 60_000, untilAborted);
    stop.abort(reason);
    await expect(working).rejects.toBe(reason);
    await expect(withinTime(stop.signal, 60_000, untilAborted)).rejects.toBe(reason);
  });
});
