import type { Choice } from './outbound.ts';

/** A text with its choices as a numbered list below, for where there is nothing to tap. */
export function withNumberedChoices(text: string, choices: readonly Choice[]): string {
  const lines = choices.map(
    ({ title, description }, index) => `${index + 1}. ${title}${description ? ` – ${description}` : ''}`,
  );
  return [text.trimEnd(), lines.join('\n')].filter((paragraph) => paragraph !== '').join('\n\n');
}

/** Room for choices as a list below a text, which is what they are wherever there is nothing to tap. */
export function unitsBelow(choices: readonly Choice[] = []): number {
  return choices.length === 0 ? 0 : withNumberedChoices('', choices).length + '\n\n'.length;
}

/** What keyboards write digits with beside 0 to 9: Arabic, Persian and Urdu, Hindi. Each is the zero of ten that follow each other. */
const zeros = ['٠', '۰', '०'];

/**
 * The choice that an answer names by its number: the number and nothing else, as `2`, `2.`, `2)` or `(2)`, in full-width, Arabic or
 * Hindi digits too, or as an emoji.
 */
export function choiceByNumber(answer: string, choices: readonly Choice[]): Choice | undefined {
  const number = soleNumber(answer);
  return number === undefined ? undefined : choices[number - 1];
}

/** The number that a text is and nothing else, from 1 to 99. */
export function soleNumber(text: string): number | undefined {
  if (text.length > 16) return undefined;
  // Emoji of digits are the digit and two marks.
  const plain = text.normalize('NFKC').replaceAll(/[\ufe0f\u20e3]/g, '');
  const digits = plain.replaceAll(/[٠-٩۰-۹०-९]/g, (digit) => String(digitValue(digit)));
  const found = /^\s*(?:\(\s*([1-9]\d?)\s*\)|([1-9]\d?)\s*[.)]?)\s*$/.exec(digits);
  return found ? Number(found[1] ?? found[2]) : undefined;
}

function digitValue(digit: string): number {
  const from = digit.charCodeAt(0);
  return Math.min(...zeros.map((zero) => from - zero.charCodeAt(0)).filter((distance) => distance >= 0));
}
