import type { ChannelName } from '#src/domain/identity.ts';
import type { PartChange } from '#src/ports/deliveries.ts';
import type { Stores } from '#src/ports/stores.ts';
import type { Clock } from '#src/ports/system.ts';
import { type NudgeRules, nudge, unwanted } from './hold.ts';

/** A person who wrote while the report was on its way can be answered at once; the pause is for the provider to notice. Milliseconds. */
const pauseMs = 5_000;

/**
 * What is to be held because it did not get through; queued again where the person has written since it was sent, and over where they
 * want no messages by now.
 */
export async function holdUnlessWritten(
  stores: Stores,
  clock: Clock,
  changes: readonly PartChange[],
): Promise<PartChange[]> {
  const settled: PartChange[] = [];
  for (const change of changes) {
    const { part, state } = change;
    if (state === 'held' && (await stores.window.hasOptedOut(part.userId))) {
      const problem = { ...change.problem, code: unwanted.code, reason: unwanted.words };
      settled.push({ ...change, state: 'failed', times: { failed: clock.now() }, problem });
      continue;
    }
    const wroteAt = state === 'held' ? await stores.window.lastWrote(part.userId, part.channel) : undefined;
    const hasWritten = wroteAt !== undefined && part.triedAt !== undefined && wroteAt > part.triedAt;
    settled.push(
      hasWritten
        ? { ...change, state: 'queued', notBefore: new Date(clock.now().getTime() + pauseMs) }
        : change,
    );
  }
  return settled;
}

/**
 * Has people told that something is held for them.
 * @returns who is to be woken for that, and the channels on which nobody can be told
 */
export async function nudgeHeld(
  stores: Stores,
  rules: NudgeRules,
  changes: readonly PartChange[],
): Promise<{ readonly userIds: readonly string[]; readonly silent: readonly ChannelName[] }> {
  const userIds: string[] = [];
  const silent = new Set<ChannelName>();
  for (const { part, state } of changes) {
    if (state !== 'held') continue;
    const { userId, channel, to, from } = part;
    const nudged = await nudge(stores, rules, { userId, channel, to, from });
    if (nudged === 'now') userIds.push(userId);
    if (nudged === 'no_template') silent.add(channel);
  }
  return { userIds, silent: [...silent] };
}
