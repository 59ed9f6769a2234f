import type { ProviderUnavailable } from '#src/domain/errors.ts';
import type { QueuedPart } from '#src/domain/turn.ts';
import type { PartAtHand } from '#src/ports/outbox.ts';
import { change } from './conclude.ts';
import type { BotDeps } from './deps.ts';

/** After each further refusal a part waits so many times longer, up to so many milliseconds. */
const growth = {
  everybody: { factor: 4, mostMs: 2 * 60_000 },
  // Ten messages a minute are carried for good; whoever gets more has a debt that takes a while.
  person: { factor: 2, mostMs: 8 * 60_000 },
} as const;
/** The shortest wait, and the longest that is asked for, which the queue must still believe. Milliseconds. */
const shortestMs = 1_000;
const longestMs = 8 * 60_000;
/** A whole crowd that was sent away must not come back in the same second. */
const jitter = 0.25;
/** Nobody waits for what could not be sent for so long. Milliseconds. */
const givenUpAfterMs = 24 * 60 * 60_000;

/**
 * Puts a part off that the provider did not take because we send too fast: as long as it asks for, and longer each time. That says
 * nothing against the part, so it uses up no attempt.
 * @returns until when; undefined when this has gone on for a day
 */
export async function slowDown(
  deps: Pick<BotDeps, 'unitOfWork' | 'clock' | 'log'>,
  part: QueuedPart,
  { atHand, error }: { atHand: PartAtHand; error: ProviderUnavailable },
): Promise<Date | undefined> {
  const now = deps.clock.now();
  if (part.firstTriedAt && now.getTime() - part.firstTriedAt.getTime() >= givenUpAfterMs) return undefined;
  const until = new Date(now.getTime() + waitMs(part, error));
  // Where only the look-up was refused, nothing has begun.
  if (part.isBegun || atHand !== part) await change(deps, ({ outbox }) => outbox.postponed(atHand, until));
  deps.log.warn(
    { partId: part.id, channel: part.channel, code: error.vendorCode, until: until.toISOString() },
    'a provider asks for a slower pace; a message waits',
  );
  return until;
}

function waitMs(
  { triedAt, notBefore }: QueuedPart,
  { rateLimit, retryAfterMs }: ProviderUnavailable,
): number {
  const scope = rateLimit ?? 'everybody';
  const lastMs = triedAt && notBefore ? Math.max(0, notBefore.getTime() - triedAt.getTime()) : 0;
  const { factor, mostMs } = growth[scope];
  const leastMs = Math.max(shortestMs, retryAfterMs ?? 0, Math.min(mostMs, lastMs * factor));
  return Math.round(
    Math.min(longestMs, scope === 'person' ? leastMs : leastMs * (1 + Math.random() * jitter)),
  );
}
