import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { keepTyping } from '#src/bot/typing.ts';
import type { Turn } from '#src/domain/turn.ts';
import type { Channel } from '#src/ports/channel.ts';
import { createQuietLog } from '#tests/support/quiet-log.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A channel that only counts, and fails whenever it is asked to. */
function countingChannel(fails = false) {
  const shown: string[] = [];
  const channel = {
    name: 'twilio',
    async showTyping({ providerId }: { providerId: string }) {
      shown.push(providerId);
      if (fails) throw new Error('typing is not available');
    },
  } as unknown as Channel;
  return { shown, channels: new Map([['twilio', channel]] as const), log: createQuietLog() };
}
const turn = {
  id: 'turn',
  messages: [{ channel: 'twilio', providerId: 'SM1', replyAddress: 'whatsapp:+15550001111' }],
} as unknown as Turn;

describe('typing dots', () => {
  it('are shown at once and every 20 seconds while the turn is worked on, and no longer', async () => {
    const deps = countingChannel();
    const typing = keepTyping(deps, turn, new AbortController().signal);
    expect(deps.shown).toEqual(['SM1']);
    await vi.advanceTimersByTimeAsync(41_000);
    expect(deps.shown).toHaveLength(3);
    await typing[Symbol.asyncDispose]();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(deps.shown).toHaveLength(3);
  });

  it('are not shown any more once the work is called off, however long it takes to end', async () => {
    const deps = countingChannel();
    const calledOff = new AbortController();
    await using _typing = keepTyping(deps, turn, calledOff.signal);
    calledOff.abort();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(deps.shown).toHaveLength(1);
  });

  it('may fail without anybody noticing but the debug log', async () => {
    const deps = countingChannel(true);
    await using _typing = keepTyping(deps, turn, new AbortController().signal);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(deps.log.lines.map((line) => line.level)).toEqual(['debug', 'debug']);
  });
});
