import pLimit from 'p-limit';
import { MediaUnusable, ProviderRefused, ProviderUnavailable } from '#src/domain/errors.ts';
import type { MessageType } from '#src/domain/message.ts';
import { encryptedOfficeType, type Reading } from '#src/domain/reading.ts';
import type { StoredAttachment, StoredMessage, Turn } from '#src/domain/turn.ts';
import type { Usage } from '#src/domain/usage.ts';
import { breathe } from './breathe.ts';
import type { BotDeps } from './deps.ts';
import { fetchFile } from './fetch-file.ts';
import type { TurnRun } from './heed-stop.ts';
import { keepPaid } from './keep-paid.ts';
import { understandAudio } from './understand-audio.ts';
import { understandDocument } from './understand-document.ts';
import { understandImage } from './understand-image.ts';

/** What is known about a file once it lies on disk. */
export interface FileAtHand {
  readonly attachment: StoredAttachment;
  /** Absolute. */
  readonly path: string;
  readonly message: StoredMessage;
  readonly turn: Turn;
  readonly run: TurnRun;
}

/** A reading with what it cost. */
export interface Understood {
  readonly reading: Reading;
  readonly usage: readonly Usage[];
}

/** Photos of an album are looked at side by side, but not so many that one person takes every slot. */
const filesAtOnce = 3;

/**
 * Puts every file of the turn into words and stores each reading as soon as it is there. A file that cannot be read is a
 * reading too, with its reason; only failures that may pass (a vendor is down) throw.
 */
export async function understand(deps: BotDeps, turn: Turn, run: TurnRun): Promise<StoredMessage[]> {
  const started = deps.clock.now().getTime();
  const limit = pLimit(filesAtOnce);
  const messages = await Promise.all(
    turn.messages.map(async (message) => {
      const attachments = await settleAll(
        message.attachments.map((attachment) =>
          limit(() =>
            attachment.reading ? attachment : understandFile(deps, { attachment, message, turn }, run),
          ),
        ),
      );
      const type = typeByContent(message, attachments);
      if (type !== message.type)
        await deps.unitOfWork.run((stores) => stores.turns.setMessageType(message.id, type));
      return { ...message, type, attachments };
    }),
  );
  if (turn.messages.some((message) => message.attachments.length > 0)) {
    const ms = deps.clock.now().getTime() - started;
    await deps.unitOfWork.run((stores) => stores.turns.addStep(turn.id, { step: 'understand', ms }));
  }
  return messages;
}

/** Lets every file finish before a failure surfaces, so that nothing paid for is thrown away. */
async function settleAll<T>(work: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(work);
  return Promise.all(work);
}

async function understandFile(
  deps: BotDeps,
  about: Pick<FileAtHand, 'attachment' | 'message' | 'turn'>,
  run: TurnRun,
): Promise<StoredAttachment> {
  const { attachment, turn } = about;
  const started = deps.clock.now().getTime();
  let file = attachment;
  let understood: Understood;
  try {
    file = await fetchFile(deps, about, run);
    const path = deps.media.resolve(file.path ?? '');
    understood = await read(deps, { ...about, attachment: file, path, run });
  } catch (error) {
    const problem = unreadableBecause(error, run);
    if (!problem) throw error;
    const because = error instanceof Error ? error.message : undefined;
    deps.log.info(
      { attachmentId: attachment.id, problem: problem.problem, because },
      'a file could not be read',
    );
    understood = { reading: problem, usage: [] };
  }
  await breathe();
  const ms = deps.clock.now().getTime() - started;
  await keepPaid(deps, run.wholeRun, (stores) =>
    stores.attachments.read(attachment.id, { ...understood, userId: turn.userId, turnId: turn.id, ms }),
  );
  await breathe();
  deps.live.announce({ kind: 'changed', userId: turn.userId });
  return { ...file, reading: understood.reading };
}

async function read(deps: BotDeps, file: FileAtHand): Promise<Understood> {
  switch (file.attachment.sniffed?.kind) {
    case 'image':
      return understandImage(deps, file);
    case 'audio':
    case 'video':
      return understandAudio(deps, file);
    case 'pdf':
    case 'text':
    case 'word':
    case 'spreadsheet':
    case 'presentation':
    case 'web_page':
    case 'calendar':
    case 'contact':
      return understandDocument(deps, file);
    default:
      if (file.attachment.sniffed?.mimeType === encryptedOfficeType)
        throw new MediaUnusable('encrypted', 'an Office file with a password');
      throw new MediaUnusable('unsupported', 'no reader for this kind of file');
  }
}

/** The stored reason when a failure means that this file stays unread; undefined when it is worth another try. */
function unreadableBecause(error: unknown, run: TurnRun): Extract<Reading, { kind: 'failed' }> | undefined {
  if (error instanceof MediaUnusable) return { kind: 'failed', problem: error.problem, detail: error.detail };
  // The vendor will not take this one file; the rest of the message can still be answered. Money and keys concern all of it.
  if (error instanceof ProviderRefused && (error.reason === 'content' || error.reason === 'request')) {
    return { kind: 'failed', problem: 'refused' };
  }
  // The host of the file stayed away through all attempts: the rest of the message can still be answered.
  if (error instanceof ProviderUnavailable && run.lastAttempt && !run.signal.aborted) {
    return { kind: 'failed', problem: 'unavailable' };
  }
  return undefined;
}

/** The message's type by what its first file really is. */
function typeByContent(message: StoredMessage, attachments: readonly StoredAttachment[]): MessageType {
  const sniffed = attachments[0]?.sniffed;
  if (!sniffed || message.type === 'contact') return message.type;
  switch (sniffed.kind) {
    case 'image':
      return message.type === 'sticker' ? 'sticker' : 'image';
    case 'audio':
      return 'voice';
    case 'video':
      return 'video';
    case 'pdf':
      return 'pdf';
    case 'text':
    case 'word':
    case 'spreadsheet':
    case 'presentation':
    case 'web_page':
    case 'calendar':
    case 'contact':
      return 'document';
    case 'unknown':
      return message.type;
  }
}
