import type { InboundMessage } from '#src/domain/message.ts';
import type { JobRunner } from '#src/ports/jobs.ts';
import type { BotDeps } from './deps.ts';

/** Stores messages for good and wakes the job that answers them; resolves once they survive power loss. */
export type AcceptMessages = (messages: readonly InboundMessage[]) => Promise<void>;

type AcceptDeps = Pick<BotDeps, 'unitOfWork' | 'clock' | 'live' | 'rules' | 'limiter'> & {
  readonly jobs: Pick<JobRunner, 'poke'>;
  /** False when what is stored now would be lost. Asked once a group. */
  readonly isStorageInPlace: () => boolean;
};

interface Waiting {
  readonly messages: readonly InboundMessage[];
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** A burst is answered at the latest this many quiet moments after its first message. */
const longestWaitInDelays = 5;
/** SQLite binds at most 32,766 values a statement; a message takes 25. */
const largestGroup = 500;

/**
 * Store and wake in one transaction, one transaction an event-loop turn: webhooks that arrive together share one commit and so
 * one fsync, which is what keeps full durability fast. A message seen before changes nothing.
 */
export function createAcceptMessages(deps: AcceptDeps): AcceptMessages {
  const waiting: Waiting[] = [];

  async function flush(): Promise<void> {
    const group = waiting.splice(0, largestGroup);
    if (waiting.length > 0) setImmediate(flush);
    try {
      await store(group.flatMap((item) => item.messages));
      for (const item of group) item.resolve();
    } catch (error) {
      if (group.length === 1) return group[0]?.reject(error);
      // One message the database refuses must not take its neighbors with it: each gets a transaction of its own.
      for (const item of group) await store(item.messages).then(item.resolve, item.reject);
    }
  }

  async function store(messages: readonly InboundMessage[]): Promise<void> {
    if (messages.length === 0) return;
    if (!deps.isStorageInPlace()) throw new Error('the database file was moved or deleted');
    const { unitOfWork, clock, rules, jobs, live, limiter } = deps;
    const runAt = new Date(clock.now().getTime() + rules.replyDelayMs);
    const accepted = await unitOfWork.run(async (stores) => {
      const fresh = await stores.inbox.accept(messages, rules.isWelcome);
      const users = new Set(fresh.map((message) => message.userId));
      if (users.size > 0) await stores.jobs.wake([...users], runAt, rules.replyDelayMs * longestWaitInDelays);
      return fresh;
    });
    if (accepted.length === 0) return;
    for (const { userId, messageId, isAllowed } of accepted) {
      if (isAllowed) await limiter.arrived(userId, messageId);
    }
    jobs.poke(runAt);
    for (const userId of new Set(accepted.map((message) => message.userId)))
      live.announce({ kind: 'changed', userId });
  }

  return (messages) =>
    new Promise((resolve, reject) => {
      waiting.push({ messages, resolve, reject });
      if (waiting.length === 1) setImmediate(flush);
    });
}
