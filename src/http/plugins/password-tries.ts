import ipaddr from 'ipaddr.js';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { HttpError } from '../http-error.ts';

interface PasswordTriesOptions {
  /** Wrong passwords one address may send in a window. */
  readonly perAddress?: number;
  /** Wrong passwords all addresses together may send, against guessing from many places. */
  readonly overall?: number;
  readonly windowSeconds?: number;
}

/** Counts wrong passwords. */
export interface PasswordTries {
  /**
   * Takes one try before the password is looked at, so that tries made at the same moment are all counted.
   * @returns gives the try back; call it when the password was right
   * @throws HttpError 429 with Retry-After when the tries are used up
   */
  take(address: string): Promise<() => Promise<void>>;
}

/** In memory: a restart forgives, which needs somebody who can restart us. */
export function createPasswordTries(options: PasswordTriesOptions = {}): PasswordTries {
  const { perAddress = 5, overall = 50, windowSeconds = 60 } = options;
  const byAddress = new RateLimiterMemory({
    keyPrefix: 'address',
    points: perAddress,
    duration: windowSeconds,
  });
  const byAll = new RateLimiterMemory({ keyPrefix: 'all', points: overall, duration: windowSeconds });

  return {
    async take(address) {
      const key = network(address);
      await takeOne(byAddress, key);
      try {
        await takeOne(byAll, 'all');
      } catch (error) {
        await byAddress.reward(key);
        throw error;
      }
      return async () => {
        await byAddress.reward(key);
        await byAll.reward('all');
      };
    },
  };
}

/** Takes one point or throws 429. The limiter counts what it refuses too, so that is given back. */
async function takeOne(limiter: RateLimiterMemory, key: string): Promise<void> {
  try {
    await limiter.consume(key);
  } catch (limit) {
    if (!(limit instanceof RateLimiterRes)) throw limit;
    await limiter.reward(key);
    const seconds = Math.max(1, Math.ceil(limit.msBeforeNext / 1000));
    throw new HttpError(429, 'too_many_requests', `Too many wrong passwords. Try again in ${seconds} s.`, {
      headers: { 'retry-after': String(seconds) },
    });
  }
}

/** One household has 2^64 IPv6 addresses, so those count as one. */
function network(address: string): string {
  if (!ipaddr.isValid(address)) return address;
  const parsed = ipaddr.process(address);
  return parsed.kind() === 'ipv6'
    ? parsed.toNormalizedString().split(':').slice(0, 4).join(':')
    : parsed.toString();
}
