import type { ChannelName } from '#src/domain/identity.ts';
import { checkValues, fillTemplate, type Template } from '#src/domain/template.ts';
import type { OrderRefusal } from './send-message.ts';

/** A template that may go out, with its values. */
export interface ChosenTemplate {
  readonly name: string;
  readonly language: string;
  readonly values: Readonly<Record<string, string>>;
  readonly isMarketing: boolean;
  /** The words the person gets. */
  readonly text: string;
}

/** Finds the template that is meant among all languages of its name, and checks its values. */
export function chooseTemplate(
  known: readonly Template[],
  channel: ChannelName,
  wanted: {
    readonly name: string;
    readonly language: string | undefined;
    readonly values: Readonly<Record<string, string>>;
  },
): ChosenTemplate | OrderRefusal {
  const { name, language, values } = wanted;
  const found = known.filter(
    (one) => one.channel === channel && (language === undefined || one.language === language),
  );
  const [template, another] = found;
  if (!template)
    return {
      refused: 'unknown_template',
      words: `${channel} has no template of this name${language ? ` in ${language}` : ''}. POST /api/v1/templates/sync lists them anew.`,
    };
  if (another)
    return {
      refused: 'ambiguous_template',
      words: `The template has several languages: ${found.map((one) => one.language).join(', ')}.`,
    };
  if (template.state !== 'approved')
    return { refused: 'template_not_approved', words: `The template is ${template.state}, not approved.` };
  const { missing, unknown, unfit } = checkValues(template, values);
  if (missing.length + unknown.length + unfit.length > 0) {
    const faults = [
      ...missing.map((key) => `${key} is missing`),
      ...unknown.map((key) => `${key} has no place in the template`),
      ...unfit.map(
        (key) => `${key} has a line break, a tab or more than four spaces in a row, which ${channel} refuses`,
      ),
    ];
    return { refused: 'wrong_values', words: `template.values: ${faults.join('; ')}` };
  }
  return {
    name,
    language: template.language,
    values,
    isMarketing: template.category === 'marketing',
    text: fillTemplate(template, values) || template.title,
  };
}
