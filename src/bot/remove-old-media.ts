import type { BotDeps } from './deps.ts';

const batchSize = 200;
const dayMs = 24 * 60 * 60 * 1000;

/** Removes files that are older than the owner wants to keep; what was read in them stays with the conversation. */
export async function removeOldMedia(
  { unitOfWork, media, clock, log }: Pick<BotDeps, 'unitOfWork' | 'media' | 'clock' | 'log'>,
  retentionDays: number,
  signal: AbortSignal,
): Promise<number> {
  const before = new Date(clock.now().getTime() - retentionDays * dayMs);
  let removed = 0;
  while (!signal.aborted) {
    const files = await unitOfWork.run((stores) => stores.attachments.olderThan(before, batchSize));
    if (files.length === 0) break;
    for (const file of files) {
      await media.remove(file.path);
      await unitOfWork.run((stores) => stores.attachments.forgetFile(file.id));
      removed += 1;
    }
  }
  // A process that died between fetching a file and storing where it is leaves one that nobody remembers.
  const strays = signal.aborted ? 0 : await media.removeWrittenBefore(before);
  removed += strays;
  if (removed > 0) log.info({ removed, retentionDays }, 'old media removed');
  return removed;
}
