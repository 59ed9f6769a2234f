import { MediaUnusable, ProviderUnavailable } from '#src/domain/errors.ts';
import type { StoredAttachment } from '#src/domain/turn.ts';
import type { JobRun } from '#src/ports/jobs.ts';
import type { BotDeps } from './deps.ts';
import { kindOfLabel, sizeOf } from './describe-file.ts';
import type { FileAtHand } from './understand.ts';

/** Media can lag a moment behind its webhook: wait this long before each further try, in milliseconds. */
const pausesMs = [400, 1_500];

/** Brings a file onto our disk, unless it is there from an earlier attempt, and looks at what it really is. */
export async function fetchFile(
  deps: BotDeps,
  { attachment, message, turn }: Pick<FileAtHand, 'attachment' | 'message' | 'turn'>,
  run: JobRun,
): Promise<StoredAttachment> {
  if (attachment.path && attachment.sniffed) return attachment;
  const channel = deps.channels.get(message.channel);
  if (!channel) throw new MediaUnusable('unavailable', 'the channel of this file is not configured');
  const target = await deps.media.pathFor(turn.userId, attachment.id);
  const options = { target, maxBytes: deps.rules.maxMediaBytes, signal: run.signal };

  for (let attempt = 0; ; attempt += 1) {
    try {
      const fetched = await channel.fetchMedia(attachment.ref, options);
      if (fetched.bytes === 0) throw new MediaUnusable('empty', 'the file has no bytes');
      const sniffed = await deps.readers.sniff(fetched.path);
      const path = deps.media.relative(fetched.path);
      const mislabelled = isMislabelled(attachment.declaredType || fetched.contentType, sniffed.kind);
      await deps.unitOfWork.run((stores) =>
        stores.attachments.fetched(attachment.id, { path, bytes: fetched.bytes, sniffed, mislabelled }),
      );
      return { ...attachment, path, bytes: fetched.bytes, sniffed };
    } catch (error) {
      if (error instanceof MediaUnusable && error.problem === 'too_large') {
        throw new MediaUnusable('too_large', error.message, {
          cause: error,
          detail: `the limit is ${sizeOf(options.maxBytes)}`,
        });
      }
      const pauseMs = pausesMs[attempt];
      if (!(error instanceof ProviderUnavailable) || pauseMs === undefined) throw error;
      await deps.pause(Math.max(pauseMs, Math.min(error.retryAfterMs ?? 0, 5_000)), run.signal);
    }
  }
}

function isMislabelled(label: string, kind: ReturnType<typeof kindOfLabel>): boolean {
  const promised = kindOfLabel(label);
  // A voice note in a video container is no lie: many recorders write it so.
  if (promised === 'video' && kind === 'audio') return false;
  return promised !== 'unknown' && promised !== kind;
}
