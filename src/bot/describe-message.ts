import type { SharedLocation } from '#src/domain/message.ts';
import type { DocumentReading, Reading } from '#src/domain/reading.ts';
import type { StoredAttachment, StoredMessage } from '#src/domain/turn.ts';
import { lengthOf, nameOf } from './describe-file.ts';
import { countPages } from './page-units.ts';

/** A message of the current turn in words for the model: quote, text, button, place and files. */
export function describeMessage(
  message: StoredMessage,
  options: {
    quoted?: { fromPerson: boolean; text: string } | undefined;
    /** What is shown of each document of the message, by attachment id. */
    documents: ReadonlyMap<string, string>;
  },
): string {
  const lines: string[] = [];
  if (options.quoted) {
    const whose = options.quoted.fromPerson ? 'their own earlier message' : 'your earlier message';
    lines.push(`[In reply to ${whose}: "${options.quoted.text.slice(0, 1_000)}"]`);
  }
  if (message.forwarded) lines.push('[Forwarded message]');
  if (message.button) lines.push(`[Tapped the button "${message.button.text}"]`);
  if (message.text && message.text !== message.button?.text) lines.push(message.text);
  if (message.note) lines.push(`[${message.note}]`);
  if (message.location) lines.push(describeLocation(message.location));
  for (const file of message.attachments) {
    if (file.sniffed?.kind === 'contact' && file.reading?.kind === 'document' && file.reading.pageCount === 1)
      lines.push(describeContact(file.reading));
    else
      lines.push(
        file.reading ? describeFile(file, file.reading, options.documents.get(file.id)) : `[${nameOf(file)}]`,
      );
  }
  if (message.type === 'unsupported' && lines.length === 0)
    lines.push('[A message of a kind you cannot read]');
  return lines.join('\n');
}

/** Shared cards are part of what the person says, and short. */
function describeContact(card: DocumentReading): string {
  const text = card.pages.map((page) => page.text).join('\n');
  return `[Contact card]\n${text.slice(0, 4_000).toWellFormed()}`;
}

function describeLocation(place: SharedLocation): string {
  const label = [place.name, place.address].filter(Boolean).join(', ');
  return `[Shared location: ${label ? `${label}, ` : ''}latitude ${place.latitude}, longitude ${place.longitude}]`;
}

function describeFile(file: StoredAttachment, reading: Reading, passages: string | undefined): string {
  switch (reading.kind) {
    case 'image':
      return `[Photo${file.fileName ? ` "${file.fileName}"` : ''}, what it shows: ${reading.description || 'not looked at'}]`;
    case 'audio':
      return `[${reading.fromVideo ? 'Video' : 'Voice note'}, ${lengthOf(reading.seconds)}, what is said: ${
        reading.transcript || 'not transcribed'
      }]`;
    case 'document':
      return `[Document sent with this message]
${passages ?? nameOf(file)}`;
    case 'failed':
      return `[${nameOf(file)} could not be read (${reading.problem}); the person is told so above your answer]`;
  }
}

/** A file of an earlier message, short: the long text comes back through passages when it is asked for. */
export function recallFile(file: StoredAttachment): string {
  const { reading } = file;
  if (!reading) return `[${nameOf(file)}]`;
  switch (reading.kind) {
    case 'image':
      return `[Photo: ${reading.description.slice(0, 600) || 'not looked at'}]`;
    case 'audio':
      return `[Voice note: ${reading.transcript.slice(0, 2_000) || 'not transcribed'}]`;
    case 'document':
      return `[Document ${nameOf(file)}, ${countPages(reading.pageCount, reading.unit)}]`;
    case 'failed':
      return `[${nameOf(file)} could not be read]`;
  }
}
