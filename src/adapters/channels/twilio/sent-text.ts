import { withNumberedChoices } from '#src/domain/numbered-choices.ts';
import type { OutboundPart } from '#src/ports/channel.ts';

/** The words a person reads, by which a message is found again: choices are a list below the text. A template has its own. */
export function sentText({ text, template, choices = [] }: OutboundPart): string {
  return template || choices.length === 0 ? text : withNumberedChoices(text, choices);
}
