import { estimateMessage, type MessagePrice, messagePricesAsOf } from '#config/message-prices.ts';
import type { BroadcastAction, BroadcastContent, Recipient } from '#src/domain/broadcast.ts';
import type { JobRunner } from '#src/ports/jobs.ts';
import type { Stores } from '#src/ports/stores.ts';
import { breathe } from './breathe.ts';
import type { BotDeps } from './deps.ts';
import { chooseFor, type Plan, planBroadcast } from './plan-broadcast.ts';
import { type OrderRefusal, refuse } from './send-message.ts';
import { steerBroadcast } from './steer-broadcast.ts';
import { windowMs } from './window.ts';

/** What the owner wants many people to hear. */
export interface BroadcastOrder {
  readonly name: string | undefined;
  readonly content: BroadcastContent;
  readonly recipients: readonly Recipient[];
  readonly idempotency: { readonly key: string; readonly digest: string } | undefined;
}

/** What is to be expected of a broadcast. */
export interface Preflight {
  readonly total: number;
  /** How many get a message. */
  readonly reachable: number;
  /** By what is expected of them: `in_window`, `needs_template`, or why they get nothing. */
  readonly groups: readonly {
    readonly kind: string;
    readonly count: number;
    /** The first of them, as they were named; where that says nothing, where they stand and what is wrong. */
    readonly recipients: readonly string[];
  }[];
  readonly estimate: {
    readonly pricesAsOf: string;
    /** What the provider adds. */
    readonly feesMicros: number;
    /** WhatsApp's charge for messages with a known price. */
    readonly chargesMicros: number;
    /** How many messages have none. */
    readonly unpriced: number;
  };
}

/** Makes broadcasts and steers them. */
export interface Broadcasts {
  preflight(order: BroadcastOrder): Promise<Preflight | OrderRefusal>;
  create(
    order: BroadcastOrder,
  ): Promise<{ readonly broadcastId: string; readonly preflight: Preflight | undefined } | OrderRefusal>;
  /** @returns why not; undefined when it is done */
  steer(broadcastId: string, action: BroadcastAction): Promise<'unknown' | 'not_now' | undefined>;
}

type BroadcastDeps = Pick<BotDeps, 'unitOfWork' | 'channels' | 'clock' | 'rules' | 'log' | 'live'> & {
  readonly jobs: Pick<JobRunner, 'poke'>;
};

/** People looked up in one transaction: others want to get through between two. */
const lookedUpAtOnce = 500;
/** People named in each group of a preflight. */
const namedAtMost = 1_000;

export function createBroadcasts(deps: BroadcastDeps): Broadcasts {
  const { unitOfWork, clock, jobs, log, live } = deps;

  async function plan({ content, recipients }: BroadcastOrder): Promise<Plan[] | OrderRefusal> {
    const since = new Date(clock.now().getTime() - windowMs);
    const { template, channel } = content;
    const all = template ? await unitOfWork.run((stores) => stores.templates.named(template.name)) : [];
    const templates = all.filter((one) => channel === undefined || one.channel === channel);
    if (channel && !deps.channels.has(channel))
      return refuse('channel_not_configured', `The channel ${channel} is not configured.`);
    if (template) {
      // What is wrong for everybody is no matter of a list.
      const ways = channel ? [channel] : [...deps.channels.keys()];
      const tried = ways.map((way) => chooseFor(templates, way, content, {}));
      const usable = tried.some((one) => !('refused' in one) || one.refused === 'wrong_values');
      const isKnown = (one: (typeof tried)[number]) => 'refused' in one && one.refused !== 'unknown_template';
      const fault = tried.find(isKnown) ?? tried[0];
      if (!usable && fault && 'refused' in fault) return fault;
    }
    const plans: Plan[] = [];
    const facts = [];
    for (let start = 0; start < recipients.length; start += lookedUpAtOnce) {
      const chunk = recipients.slice(start, start + lookedUpAtOnce);
      facts.push(...(await unitOfWork.run((stores) => stores.broadcasts.people(chunk, since))));
      await breathe();
    }
    plans.push(...planBroadcast(deps, { content, recipients }, { facts, templates }));
    return plans;
  }

  async function earlierOf(stores: Stores, { idempotency }: BroadcastOrder) {
    const earlier = idempotency && (await stores.broadcasts.earlier(idempotency.key));
    if (!earlier) return undefined;
    return earlier.digest === idempotency.digest
      ? { broadcastId: earlier.broadcastId, preflight: undefined }
      : refuse('idempotency_conflict', 'This Idempotency-Key was used for another broadcast.');
  }

  return {
    async preflight(order) {
      const plans = await plan(order);
      return 'refused' in plans ? plans : summarize(plans, deps.rules.messagePrices);
    },

    async create(order) {
      const known = await unitOfWork.run((stores) => earlierOf(stores, order));
      if (known) return known;
      const plans = await plan(order);
      if ('refused' in plans) return plans;
      const { name, content, idempotency } = order;
      const store = () =>
        unitOfWork.run(async (stores) => {
          const meanwhile = await earlierOf(stores, order);
          if (meanwhile) return meanwhile;
          const broadcastId = await stores.broadcasts.create({
            name,
            content,
            idempotency,
            recipients: plans,
          });
          await stores.jobs.broadcast(broadcastId, clock.now());
          return { broadcastId, preflight: summarize(plans, deps.rules.messagePrices) };
        });
      const made = await store();
      if (!('refused' in made) && made.preflight) {
        const { total, reachable } = made.preflight;
        log.info({ broadcastId: made.broadcastId, total, reachable }, 'a broadcast begins');
        jobs.poke(clock.now());
      }
      return made;
    },

    async steer(broadcastId, action) {
      const steered = await unitOfWork.run((stores) =>
        steerBroadcast(stores, { broadcastId, action, now: clock.now() }),
      );
      if (typeof steered === 'string') return steered;
      const { userIds } = steered;
      log.info({ broadcastId, action, lanes: userIds.length }, 'a broadcast was steered');
      jobs.poke(clock.now());
      for (const userId of userIds) live.announce({ kind: 'changed', userId });
      return undefined;
    },
  };
}

function summarize(plans: readonly Plan[], prices: readonly MessagePrice[]): Preflight {
  const groups = Map.groupBy(plans, (plan) => {
    if (plan.skipped && plan.skipped.code !== 'outside_window') return plan.skipped.code;
    return plan.isInWindow ? 'in_window' : 'needs_template';
  });
  const going = plans.flatMap(({ way }) => way ?? []);
  const estimate = { pricesAsOf: messagePricesAsOf, feesMicros: 0, chargesMicros: 0, unpriced: 0 };
  for (const way of going) {
    const { feeMicros, chargeMicros } = estimateMessage(prices, way);
    estimate.feesMicros += feeMicros;
    if (chargeMicros === null) estimate.unpriced += 1;
    else estimate.chargesMicros += chargeMicros;
  }
  return {
    total: plans.length,
    reachable: going.length,
    groups: [...groups].map(([kind, those]) => ({
      kind,
      count: those.length,
      recipients: those
        .slice(0, namedAtMost)
        .map(({ given, fault }) => (fault === undefined ? given : `${given}: ${fault}`)),
    })),
    estimate,
  };
}
