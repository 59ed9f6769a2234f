import type { ProviderRefused } from '#src/domain/errors.ts';
import type { Choice } from '#src/domain/outbound.ts';
import { fitTitles, oneLine } from '../fit-titles.ts';

// twilio.com/docs/content/twilio-quick-reply; without WhatsApp's approval, which answers do not need, there are three buttons at most.
const maxBodyUnits = 1024;
const titleUnits = 20;
const maxIdUnits = 200;
/** The template in first place has two buttons. */
const fewest = 2;

/** Codes of a template that does not exist, or does not take its values. Nothing was sent then. */
const contentCodes: ReadonlySet<string> = new Set(['21655', '21656', '21658', '92006', '92007']);

/** A message made from a Content template. */
export interface FilledContent {
  readonly contentSid: string;
  readonly contentVariables: string;
}

/**
 * A text with choices to tap, made from the owner's quick-reply template for that many buttons. Its variables are the text and then
 * each button's title and id: `{{1}}`, `{{2}}`, `{{3}}` and so on.
 * @param templates ContentSids: of the template with two buttons, and of the one with three
 * @returns undefined for what there is no template for, or what Twilio does not put into one
 */
export function quickReplyOf(
  text: string,
  choices: readonly Choice[],
  templates: readonly string[],
): FilledContent | undefined {
  const contentSid = templates[choices.length - fewest];
  const body = onOneLine(text);
  const ids = new Set(choices.map(({ id }) => id));
  const areUsable = [...ids].every((id) => id !== '' && id === id.trim() && id.length <= maxIdUnits);
  if (!contentSid || !body || body.length > maxBodyUnits || ids.size < choices.length || !areUsable)
    return undefined;
  const titles = fitTitles(
    choices.map(({ title }) => title),
    titleUnits,
  );
  const values = [body, ...choices.flatMap(({ id }, index) => [titles[index], id])];
  const variables = Object.fromEntries(values.map((value, index) => [String(index + 1), value]));
  return { contentSid, contentVariables: JSON.stringify(variables) };
}

/** Whether Twilio refused a message because of the template it was made from. */
export function isAboutContent({ vendorCode }: ProviderRefused): boolean {
  return vendorCode !== undefined && contentCodes.has(vendorCode);
}

/**
 * A text as the value of a variable, which may hold "no newline, tab, or more than four consecutive spaces" (error 21656). Paragraphs
 * follow each other well on one line.
 * @returns undefined for a text that needs its lines, such as a list
 */
function onOneLine(text: string): string | undefined {
  const paragraphs = text.split(/\n\s*\n/).map((paragraph) => paragraph.trim());
  if (paragraphs.some((paragraph) => paragraph.includes('\n'))) return undefined;
  return oneLine(paragraphs.join(' ')) || undefined;
}
