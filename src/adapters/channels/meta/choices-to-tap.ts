import type { Choice } from '#src/domain/outbound.ts';
import { fitTitles, oneLine, shorten } from '../fit-titles.ts';

// InteractiveObject and ActionObject of Meta's OpenAPI document.
const maxBodyUnits = 1024;
const buttons = { most: 3, titleUnits: 20, idUnits: 256 };
const rows = { most: 10, titleUnits: 24, descriptionUnits: 72, idUnits: 200 };
/** What opens a list. */
const listButton = 'Choose';

/**
 * A text with choices to tap: up to three as buttons, up to ten as a list. Titles are shortened to what fits; in a list the whole
 * title goes below its short form where there is no description.
 * @returns undefined for what Meta has nothing to tap for: more choices, a longer text, none at all, or ids that are too long or
 * not distinct, which would come back as something else
 */
export function interactiveOf(text: string, choices: readonly Choice[]): object | undefined {
  if (text.trim() === '' || text.length > maxBodyUnits || choices.length === 0) return undefined;
  const kind = choices.length <= buttons.most ? buttons : rows;
  const ids = new Set(choices.map(({ id }) => id));
  const areUsable = [...ids].every((id) => id !== '' && id === id.trim() && id.length <= kind.idUnits);
  if (choices.length > rows.most || ids.size < choices.length || !areUsable) return undefined;
  const titles = fitTitles(
    choices.map(({ title }) => title),
    kind.titleUnits,
  );
  const titled = choices.map((choice, index) => ({ choice, title: titles[index] ?? '' }));
  const body = { text };
  if (kind === buttons) {
    const replies = titled.map(({ choice, title }) => ({ type: 'reply', reply: { id: choice.id, title } }));
    return { type: 'button', body, action: { buttons: replies } };
  }
  const section = { rows: titled.map(({ choice, title }) => rowOf(choice, title)) };
  return { type: 'list', body, action: { button: listButton, sections: [section] } };
}

function rowOf({ id, title: whole, description }: Choice, title: string): object {
  const below = oneLine(description ?? (title === whole ? '' : whole));
  return { id, title, ...(below !== '' && { description: shorten(below, rows.descriptionUnits) }) };
}
