import { expect } from 'vitest';
import { type MetaStandIn, openMetaStandIn } from './meta-stand-in.ts';
import type { MetaPerson } from './meta-webhook.ts';
import { metaSettings } from './vendor-settings.ts';
import { openWorld, type World } from './world.ts';

/** The whole product between its vendors, with people who write over Meta. */
export interface MetaWorld extends AsyncDisposable {
  readonly meta: MetaStandIn;
  readonly world: World;
  /** Delivers a webhook of Meta. @throws unless it was taken */
  post(content: unknown): Promise<void>;
  /** What somebody was sent over Meta, in order. */
  heardBy(person: MetaPerson): (string | undefined)[];
  /** @throws when a stand-in refused a request or dropped a message without a word */
  expectNoProblems(): void;
}

/** @param env further settings */
export async function openMetaWorld(env: Record<string, string>): Promise<MetaWorld> {
  const meta = await openMetaStandIn();
  const world = await openWorld({ ...env, ...metaSettings(meta) });
  return {
    meta,
    world,
    async post(content) {
      const response = await meta.post(`${world.product().url}/webhook/meta`, content);
      expect(response.status).toBe(200);
    },
    heardBy: ({ phone }) => meta.sent.filter(({ to }) => to === phone).map((sent) => sent.text),
    expectNoProblems() {
      expect(meta.problems).toEqual([]);
      expect(meta.dropped).toEqual([]);
      expect(world.twilio.problems).toEqual([]);
      expect(world.openai.problems).toEqual([]);
    },
    async [Symbol.asyncDispose]() {
      await world[Symbol.asyncDispose]();
      await meta[Symbol.asyncDispose]();
    },
  };
}
