import type { ChannelName } from '#src/domain/identity.ts';
import type { JobRunner } from '#src/ports/jobs.ts';
import type { Stores } from '#src/ports/stores.ts';
import type { BotDeps } from './deps.ts';
import { nudge } from './hold.ts';
import { isWithinWindow } from './window.ts';

type NudgeDeps = Pick<BotDeps, 'unitOfWork' | 'rules' | 'clock' | 'log'> & {
  readonly jobs: Pick<JobRunner, 'poke'>;
};

/** One transaction has so many people told. */
const peopleAtOnce = 100;

/**
 * Has people told that something is held for them who could not be told when it was: there was no template for it, or it was refused.
 * Nothing is done while the provider lists that template as one that does not get through.
 */
export async function nudgeUntold(deps: NudgeDeps, signal: AbortSignal): Promise<void> {
  const { unitOfWork, rules, clock, log, jobs } = deps;
  for (const channel of rules.nudges.keys()) {
    if (!(await unitOfWork.run((stores) => mayGetThrough(stores, deps, channel)))) continue;
    let told = 0;
    let after: string | undefined = '';
    while (after !== undefined && !signal.aborted) {
      const options: { after: string; limit: number } = { after, limit: peopleAtOnce };
      const step = await unitOfWork.run((stores) => nudgeSome(stores, deps, { channel, ...options }));
      after = step.last;
      told += step.told;
    }
    if (told === 0) continue;
    jobs.poke(clock.now());
    log.info({ channel, people: told }, 'people are told that something is held for them');
  }
}

async function nudgeSome(
  stores: Stores,
  { rules, clock }: NudgeDeps,
  { channel, ...options }: { channel: ChannelName; after: string; limit: number },
): Promise<{ told: number; last: string | undefined }> {
  const people = await stores.window.whoIsUntold(channel, options);
  const userIds: string[] = [];
  for (const person of people) {
    const wroteAt = await stores.window.lastWrote(person.userId, channel);
    // They have written meanwhile: what is held is about to go out.
    if (wroteAt && isWithinWindow(wroteAt, clock.now())) continue;
    if ((await nudge(stores, rules, person)) === 'now') userIds.push(person.userId);
  }
  if (userIds.length > 0) await stores.jobs.wake(userIds, clock.now(), 0);
  return { told: userIds.length, last: people.at(-1)?.userId };
}

/** Whether the template may reach people, as far as its provider has told: one whose templates nobody can list is tried. */
async function mayGetThrough(
  stores: Stores,
  { rules }: Pick<NudgeDeps, 'rules'>,
  channel: ChannelName,
): Promise<boolean> {
  const nudging = rules.nudges.get(channel);
  const known = (await stores.templates.all()).filter((one) => one.channel === channel);
  return (
    known.length === 0 ||
    known.some(
      ({ name, language, state }) =>
        name === nudging?.name &&
        (nudging.language === '' || language === nudging.language) &&
        state === 'approved',
    )
  );
}
