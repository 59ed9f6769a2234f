import { ProviderRefused } from '#src/domain/errors.ts';
import type { JobRun } from '#src/ports/jobs.ts';
import type { BotDeps } from './deps.ts';

type EraseDeps = Pick<BotDeps, 'unitOfWork' | 'channels' | 'media' | 'exports' | 'clock' | 'log' | 'live'>;

/** Messages that are erased in one transaction, in which nobody else is answered on SQLite. */
const messagesAtOnce = 200;
/** What providers are asked to delete, one after the other, before it is stored that they did. */
const itemsAtOnce = 20;
/** A message that is still on its way cannot be deleted at the provider; the goodbye is. Milliseconds. */
const afterDeliveryMs = 10_000;

/**
 * The job that forgets a person: it runs in their lane, so that nobody is answering them. Everything in it may be repeated, and a
 * run that dies is picked up where it stopped.
 */
export async function erasePerson(
  deps: EraseDeps,
  { userId }: { userId: string },
  run: JobRun,
): Promise<void> {
  // They may have turned out to be somebody else since it was asked for: everything of theirs is there, in that one's lane.
  const isHandedOn = await deps.unitOfWork.run(async (stores) => {
    const left = await stores.erasures.whoIs(userId);
    if (left === undefined || left === userId) return false;
    await stores.jobs.erase('erase-person', left, deps.clock.now());
    return true;
  });
  if (isHandedOn) return;
  // Files stay in the folder of whoever sent them, whoever that turned out to be.
  const others = await deps.unitOfWork.run((stores) => stores.erasures.mergedInto(userId));
  for (const id of [...others, userId]) await eraseOne(deps, id, run);
}

async function eraseOne(deps: EraseDeps, userId: string, run: JobRun): Promise<void> {
  const { unitOfWork, media, exports, clock, log, live } = deps;
  if (!(await unitOfWork.run((stores) => stores.erasures.forget(userId)))) return;
  let erased = 0;
  for (;;) {
    run.signal.throwIfAborted();
    const some = await unitOfWork.run((stores) => stores.erasures.eraseMessages(userId, messagesAtOnce));
    if (some === 0) break;
    erased += some;
  }
  await media.removeAll(userId);
  await exports.remove(userId);
  const at = new Date(clock.now().getTime() + afterDeliveryMs);
  await unitOfWork.run((stores) => stores.jobs.erase('erase-at-provider', userId, at));
  live.announce({ kind: 'changed', userId });
  log.info({ userId, messages: erased }, 'a person was erased');
}

/**
 * The job that has providers delete what they keep of a person who was erased. What one of them refuses does not keep the rest. While
 * something is left the job fails, which the owner sees; every day it is tried again.
 */
export async function eraseAtProvider(
  deps: EraseDeps,
  { userId }: { userId: string },
  run: JobRun,
): Promise<void> {
  const { unitOfWork, channels, media } = deps;
  // Somebody who was at it when the person was erased may have fetched one more file.
  await media.removeAll(userId);
  let after = '';
  let refusal: ProviderRefused | undefined;
  for (;;) {
    const options = { after, limit: itemsAtOnce };
    const items = await unitOfWork.run((stores) => stores.erasures.atProvider(userId, options));
    const last = items.at(-1);
    if (!last) break;
    after = last.id;
    const deleted: string[] = [];
    try {
      for (const { id, channel, kind, value } of items) {
        run.signal.throwIfAborted();
        const what =
          kind === 'file' ? { providerIds: [], refs: [value] } : { providerIds: [value], refs: [] };
        try {
          await channels.get(channel)?.erase?.(what, { signal: run.signal });
          deleted.push(id);
        } catch (error) {
          if (!(error instanceof ProviderRefused)) throw error;
          refusal = error;
        }
      }
    } finally {
      await unitOfWork.run((stores) => stores.erasures.deleted(deleted));
    }
  }
  if (refusal) throw refusal;
}

/** Has what providers have not deleted yet tried again. */
export async function eraseAgainAtProviders({ unitOfWork, clock }: EraseDeps): Promise<void> {
  await unitOfWork.run(async (stores) => {
    for (const userId of await stores.erasures.usersAtProvider())
      await stores.jobs.erase('erase-at-provider', userId, clock.now());
  });
}
