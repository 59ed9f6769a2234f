import { AppError } from '#src/domain/errors.ts';
import type { Reading } from '#src/domain/reading.ts';
import type { Ai, ReplyRequest, TurnFile } from '#src/ports/ai.ts';

/**
 * Answers without any model, from what really happened to the person's files, and says that it does. It cannot look or listen:
 * `look` and `transcribe` must not be called.
 */
export function createOfflineAssistant(): Ai {
  return {
    canSee: false,
    canHear: false,
    async reply(request) {
      if (request.signal.aborted) {
        throw new AppError('stopping', 'The answer was stopped.', {
          retryable: true,
          cause: request.signal.reason,
        });
      }
      return { text: answer(request), used: nothing, cutOff: false };
    },
    async look() {
      throw new Error('The offline assistant cannot look at pictures.');
    },
    async transcribe() {
      throw new Error('The offline assistant cannot listen.');
    },
  };
}

const nothing = { model: 'offline', promptTokens: 0, cachedTokens: 0, completionTokens: 0, audioSeconds: 0 };

const howToSwitchOn =
  'This is the offline assistant: no model is connected. To switch one on, set OPENAI_API_KEY in .env and restart.';

function answer({ files, personText }: ReplyRequest): string {
  const described = files.flatMap(describeFile);
  const words = personText.trim();
  const received = words === '' ? [] : [`I received your message: “${plain(shorten(words, 300))}”`];
  // Files that failed are explained to the person by the bot itself.
  const parts = [...described, ...received];
  return [...(parts.length > 0 ? parts : ['I received your message.']), howToSwitchOn].join('\n\n');
}

function describeFile(file: TurnFile): string[] {
  const { reading } = file;
  switch (reading.kind) {
    case 'document':
      return [describeDocument(file, reading)];
    case 'image': {
      const size = `${reading.width} × ${reading.height} pixels, ${inBytes(file.bytes)}`;
      return [
        `I received a **photo**: ${reading.format.toUpperCase()}, ${size}. Only a model can see what is in it.`,
      ];
    }
    case 'audio': {
      const what = reading.fromVideo ? 'video' : 'voice message';
      const length = reading.seconds > 0 ? `${inMinutes(reading.seconds)} long, ` : '';
      return [
        `I received a **${what}**: ${length}${inBytes(file.bytes)}. Only a model can hear what is said.`,
      ];
    }
    case 'failed':
      return [];
  }
}

function describeDocument(file: TurnFile, reading: Reading & { kind: 'document' }): string {
  const name = plain(shorten(reading.title?.trim() || file.fileName || 'Document', 120));
  const unit = reading.unit ?? 'page';
  const isPdf = file.mimeType === 'application/pdf';
  // Sections are our own cut, and a text file has one page: neither means anything to the person.
  const pages = isPdf || unit === 'sheet' || unit === 'slide' ? `${counted(reading.pageCount, unit)}, ` : '';
  const facts = `**${name}**: ${isPdf ? 'PDF, ' : ''}${pages}${counted(reading.wordCount, 'word')}.`;
  const read = reading.pages.length;
  const partly =
    reading.partlyBecause && read > 0 ? [`I read ${counted(read, unit)} of ${reading.pageCount}.`] : [];
  const lines = firstLines(reading);
  const begins =
    lines.length > 0
      ? [`It begins:\n${lines.map((line) => `> ${plain(line)}`).join('\n')}`]
      : ['It has no text of its own; a scan can be read once a model is connected.'];
  return [`I read your document.\n${[facts, ...partly].join(' ')}`, ...begins].join('\n\n');
}

function firstLines(reading: Reading & { kind: 'document' }): string[] {
  const lines = reading.pages
    .slice(0, 3)
    .flatMap(({ text }) => text.split('\n'))
    .map((line) => line.replace(/\s+/g, ' ').trim())
    .filter((line) => line !== '');
  return lines.slice(0, 4).map((line) => shorten(line, 120));
}

/** Answers are Markdown; the person's words and file names are not. */
function plain(text: string): string {
  return text.replace(/[\\`*_[\]#~|<>]/g, '\\$&');
}

/** Cuts at code points, so that no emoji is halved. */
function shorten(text: string, maxLength: number): string {
  const points = [...text];
  return points.length <= maxLength
    ? text
    : `${points
        .slice(0, maxLength - 1)
        .join('')
        .trimEnd()}…`;
}

function counted(number: number, thing: string): string {
  return `${number.toLocaleString('en-US')} ${thing}${number === 1 ? '' : 's'}`;
}

function inBytes(bytes: number): string {
  if (bytes < 1024 * 1024) return `${Math.max(1, Math.round(bytes / 1024))} KB`;
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}

function inMinutes(seconds: number): string {
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')} minutes`;
}
