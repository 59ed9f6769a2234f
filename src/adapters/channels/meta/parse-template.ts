import type { TemplateReport } from '#src/domain/channel-event.ts';
import { lineOf, matchOf, type Params } from '../fields.ts';
import { partOf } from './json.ts';
import type { LeftOut } from './left-out.ts';
import { wordsOf } from './problem.ts';
import { templateState } from './template-state.ts';

type OfTemplate = Pick<TemplateReport, 'channel' | 'name' | 'language'>;

/** What each field tells of a template; undefined when it does not. */
const templateFields: Readonly<
  Record<string, (value: Params, template: OfTemplate) => TemplateReport | undefined>
> = {
  // Its way through review and afterwards: most events name the state it is in now.
  message_template_status_update(value, template) {
    const event = matchOf(value, 'event', /^[A-Za-z_]{1,64}$/);
    if (!event) return undefined;
    const state = templateState(event);
    if (state === 'as_before') return { ...template, isEdited: true };
    if (!state) return { ...template, isEdited: true, unknownEvent: event };
    const reasons = [
      // It is approved all the same, and its owner should see to it.
      event.toUpperCase() === 'FLAGGED' ? 'flagged' : undefined,
      lineOf(value, 'reason', 256),
      wordsOf(partOf(value, 'rejection_info'), 'reason'),
      wordsOf(partOf(value, 'other_info'), 'description'),
    ].filter((reason) => reason && reason.toUpperCase() !== 'NONE');
    return { ...template, state, reason: reasons.join(': ') || undefined };
  },
  message_template_quality_update(value, template) {
    const quality = matchOf(value, 'new_quality_score', /^[A-Za-z_]{1,64}$/)?.toLowerCase();
    return quality ? { ...template, quality } : undefined;
  },
  // It holds some of the words, not all of them: the account is asked for the whole template.
  message_template_components_update: (_value, template) => ({ ...template, isEdited: true }),
};

/** Whether a field is about a template. */
export function isTemplateField(field: string): boolean {
  return Object.hasOwn(templateFields, field);
}

/** What happened to a template. */
export function parseTemplate(field: string, value: Params): TemplateReport | LeftOut {
  const name = lineOf(value, 'message_template_name', 512);
  const language = matchOf(value, 'message_template_language', /^[A-Za-z]{2,3}(?:[_-][A-Za-z0-9]{2,4})?$/);
  const report = name && language && templateFields[field]?.(value, { channel: 'meta', name, language });
  return report || { leftOut: 'malformed', what: field };
}
