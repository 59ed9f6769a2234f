import type { Choice } from './outbound.ts';

/** A text with its choices as a numbered list below, for where there is nothing to tap. */
export function withNumberedChoices(text: string, choices: readonly Choice[]): string {
  const lines = choices.map(
    ({ title, description }, index) => `${index + 1}. ${title}${description ? ` – ${description}` : ''}`,
  );
  return [text.trimEnd(), lines.join('\n')].filter((paragraph) => paragraph !== '').join('\n\n');
}
