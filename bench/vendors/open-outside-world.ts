import { fork } from 'node:child_process';
import { once } from 'node:events';
import { testAccount, vendorSettings } from '#tests/support/vendor-settings.ts';
import type { CrowdOrder, CrowdResult, WorldOrder } from './world-orders.ts';

/** Lean vendors and a crowd of people, in a process of their own. */
export interface OutsideWorld extends AsyncDisposable {
  readonly url: string;
  /** What the product needs to know to talk to these vendors. */
  readonly env: Readonly<Record<string, string>>;
  /** Lets people write until everybody was answered. @throws when a webhook failed or an answer is missing */
  crowd(order: Partial<CrowdOrder> & Pick<CrowdOrder, 'origin' | 'turns'>): Promise<CrowdResult>;
}

/** Starts it. */
export async function openOutsideWorld(order: Partial<WorldOrder> = {}): Promise<OutsideWorld> {
  const child = fork(new URL('./outside-world.ts', import.meta.url));
  child.send({ files: [], ...order } satisfies WorldOrder);
  const [{ url }] = (await once(child, 'message')) as [{ url: string }];
  return {
    url,
    env: {
      ...vendorSettings({
        twilio: { ...testAccount, url, cdnUrl: url },
        openai: { url: `${url}/v1` },
      }),
      WHITELISTED_USERS: '*',
      RATE_LIMIT_MESSAGES: '100000',
      REPLY_DELAY_MS: '0',
      LOG_LEVEL: 'warn',
    },
    async crowd(given) {
      const crowd: CrowdOrder = {
        ...testAccount,
        atOnce: 50,
        firstPhone: 15_550_000_000,
        people: 'fresh',
        pauseMs: 0,
        delayMs: 0,
        refs: [''],
        ...given,
      };
      child.send(crowd);
      const [result] = (await once(child, 'message')) as [CrowdResult];
      if (result.failed + result.unanswered > 0) {
        throw new Error(`${result.failed} webhooks failed, ${result.unanswered} messages were not answered`);
      }
      return result;
    },
    async [Symbol.asyncDispose]() {
      child.disconnect();
      if (child.exitCode === null) await once(child, 'exit');
    },
  };
}
