import { beforeEach, describe, expect, it } from 'vitest';
import { type ChannelHealth, createChannelHealth } from '#src/bot/channel-health.ts';
import { createQuietLog } from '#tests/support/quiet-log.ts';
import { createTestClock } from '#tests/support/test-clock.ts';

const expired = { code: '190', words: 'the access token has expired' };
const trialMs = 20_000;

describe('a channel that has stopped', () => {
  let clock: ReturnType<typeof createTestClock>;
  let log: ReturnType<typeof createQuietLog>;
  let health: ChannelHealth;
  beforeEach(() => {
    clock = createTestClock();
    log = createQuietLog();
    health = createChannelHealth({ channels: ['twilio', 'meta'], clock, log });
  });
  const restMs = () => (health.restsUntil('meta')?.getTime() ?? 0) - clock.now().getTime();

  it('rests for longer and longer, up to some minutes, and one message tries it after each rest', () => {
    const rests: number[] = [];
    for (let time = 0; time < 8; time += 1) {
      health.stopped('meta', expired, 'call');
      rests.push(restMs() / 1000);
      clock.advance(restMs());
      expect(health.restsUntil('meta')).toBeUndefined();
      // The others wait for the outcome.
      expect(restMs()).toBe(trialMs);
    }
    expect(rests).toEqual([30, 60, 120, 240, 480, 480, 480, 480]);
  });

  it('is an alarm once, and news when it works again', () => {
    health.stopped('meta', expired, 'call');
    health.stopped('meta', expired, 'call');
    expect(restMs()).toBe(30_000);
    clock.advance(30_000);
    health.restsUntil('meta');
    health.stopped('meta', expired, 'call');
    health.works('meta', 'call');
    health.works('meta', 'call');
    expect(log.lines.map(({ level }) => level)).toEqual(['error', 'info']);
    expect(log.lines[0]?.facts).toEqual({ channel: 'meta', ...expired });
    expect(health.restsUntil('meta')).toBeUndefined();
  });

  it('leaves the other channels alone and shows all of them', () => {
    health.stopped('meta', expired, 'call');
    expect(health.restsUntil('twilio')).toBeUndefined();
    expect(health.isStopped('meta')).toBe(true);
    expect(health.states()).toEqual([
      { name: 'twilio', state: 'working' },
      {
        name: 'meta',
        state: 'stopped',
        stop: { since: clock.now(), ...expired, triedAgainAt: new Date(clock.now().getTime() + 30_000) },
      },
    ]);
  });

  it('that a report told of goes on only by a report: the provider takes what it will not deliver', () => {
    health.stopped('meta', { code: '131042', words: 'there is a problem with paying' }, 'report');
    health.works('meta', 'call');
    expect(health.isStopped('meta')).toBe(true);
    health.works('meta', 'report');
    expect(health.isStopped('meta')).toBe(false);
  });

  it('that refused a call goes on only by a call: people read what went out before', () => {
    health.stopped('meta', expired, 'call');
    health.works('meta', 'report');
    expect(health.isStopped('meta')).toBe(true);
    health.works('meta', 'call');
    expect(health.isStopped('meta')).toBe(false);
  });
});
