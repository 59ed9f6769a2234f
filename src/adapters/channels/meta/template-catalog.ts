import { type Placeholders, placeholdersIn, type Template } from '#src/domain/template.ts';
import type { TemplateCatalog } from '#src/ports/outreach.ts';
import type { Params } from '../fields.ts';
import { createGraphApi, type GraphApiDeps } from './graph-api.ts';
import { objectsOf, partOf, wordOf } from './json.ts';
import { templateState } from './template-state.ts';

const fields = 'name,language,status,category,components,rejected_reason,quality_score';
const pageSize = 100;
/** More than an account may have; ends a list that leads back to itself. */
const mostPages = 100;

/** The templates of a WhatsApp Business Account: `GET /{businessAccountId}/message_templates`. */
export function createMetaTemplateCatalog(
  deps: GraphApiDeps & { readonly businessAccountId: string },
): TemplateCatalog {
  const api = createGraphApi(deps);
  return {
    channel: 'meta',
    async list({ signal }) {
      const templates: Template[] = [];
      let after = '';
      for (let page = 0; page < mostPages; page += 1) {
        const answer = await api.call({
          method: 'GET',
          path: [deps.businessAccountId, 'message_templates'],
          query: { fields, limit: String(pageSize), ...(after && { after }) },
          signal,
        });
        templates.push(...objectsOf(answer, 'data').flatMap((given) => toTemplate(given) ?? []));
        const paging = partOf(answer, 'paging');
        after = textIn(partOf(paging, 'cursors'), 'after');
        if (textIn(paging, 'next') === '' || after === '') break;
      }
      return templates;
    },
  };
}

function toTemplate(given: Params): Template | undefined {
  const [name, language, state] = [textIn(given, 'name'), textIn(given, 'language'), wordOf(given, 'status')];
  if (!name || !language || !state) return undefined;
  const components = objectsOf(given, 'components');
  const body = components.find((component) => kindOf(component, 'type') === 'body');
  const reason = wordOf(given, 'rejected_reason');
  return {
    channel: 'meta',
    name,
    language,
    title: name,
    category: kindOf(given, 'category') || undefined,
    state: stateOf(state),
    reason: reason && reason !== 'NONE' ? reason : undefined,
    quality: kindOf(partOf(given, 'quality_score'), 'score') || undefined,
    body: body ? textIn(body, 'text') : '',
    placeholders: placeholdersOf(components),
    components,
  };
}

/** A word that is not known is shown as it is; it is not `approved`. */
function stateOf(given: string): string {
  const state = templateState(given);
  return state === undefined || state === 'as_before' ? given.toLowerCase() : state;
}

/** Keys as `templateOf` takes them. */
function placeholdersOf(components: readonly Params[]): Placeholders {
  const required: string[] = [];
  const optional: string[] = [];
  for (const component of components) {
    const kind = kindOf(component, 'type');
    const format = kindOf(component, 'format');
    if (kind === 'body') required.push(...placeholdersIn(textIn(component, 'text')));
    if (kind === 'header' && ['image', 'video', 'document'].includes(format))
      required.push(`header.${format}`);
    if (kind === 'header' && (format === 'text' || format === ''))
      required.push(...placeholdersIn(textIn(component, 'text')).map((name) => `header.${name}`));
    if (kind !== 'buttons') continue;
    for (const [index, button] of objectsOf(component, 'buttons').entries()) {
      const type = kindOf(button, 'type');
      // A one-time code is copied by a button whose link ends in it.
      const hasEnd = type === 'otp' || (type === 'url' && placeholdersIn(textIn(button, 'url')).length > 0);
      if (hasEnd) required.push(`button.${index}`);
      if (type === 'quick_reply') optional.push(`button.${index}.payload`);
    }
  }
  return { required, optional };
}

function kindOf(given: Params, name: string): string {
  return wordOf(given, name).toLowerCase();
}

function textIn(given: Params, name: string): string {
  const value = given[name];
  return typeof value === 'string' ? value : '';
}
