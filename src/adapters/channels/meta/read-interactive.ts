import { isParams, lineOf, type Params, textOf } from '../fields.ts';
import type { Content } from './content.ts';
import { objectOf } from './json.ts';

/** Far more than a form of WhatsApp can ask. */
const maxAnswers = 40;

/** What somebody tapped or filled in; undefined when it is neither. */
export function readInteractive(interactive: Params): Content | undefined {
  const type = textOf(interactive, 'type', 64);
  const reply = objectOf(interactive, 'button_reply') ?? objectOf(interactive, 'list_reply');
  if (reply) return readChoice(reply);
  const form = objectOf(interactive, 'nfm_reply');
  if (form) return readForm(form);
  // `call_permission_reply` and what Meta adds tomorrow.
  return /^[a-z0-9_]{1,64}$/.test(type) ? { type: 'unsupported', text: '', providerType: type } : undefined;
}

function readChoice(reply: Params): Content | undefined {
  const text = lineOf(reply, 'title', 1024);
  const payload = lineOf(reply, 'id', 1024);
  if (text === undefined && payload === undefined) return undefined;
  const description = lineOf(reply, 'description', 1024);
  return {
    type: 'button',
    text: text ?? '',
    button: { text: text ?? '', payload },
    note: description && `The entry says further: ${description}`,
  };
}

/** A form (WhatsApp Flow) that was filled in: its answers are JSON within a text, named by whoever made the form. */
function readForm(form: Params): Content {
  const answers = Object.entries(parse(textOf(form, 'response_json', 65_536)))
    // Our own token for the form; it says nothing to a reader and might be a key.
    .filter(([name]) => name !== 'flow_token')
    .slice(0, maxAnswers)
    .map(([name, value]) => `${lineOf({ name }, 'name', 64) ?? 'answer'}: ${inWords(value)}`);
  const title = lineOf(form, 'name', 64);
  const kind = title && title !== 'flow' ? `form (${title})` : 'form';
  return { type: 'text', text: '', note: `Filled in a ${kind}: ${answers.join('; ') || 'no answers'}` };
}

function parse(json: string): Params {
  try {
    const answers: unknown = JSON.parse(json);
    return isParams(answers) ? answers : {};
  } catch {
    return {};
  }
}

/** Deeper answers are left out: they could be nested without end. */
function inWords(value: unknown): string {
  return Array.isArray(value) ? value.slice(0, 20).map(single).join(', ') : single(value);
}

function single(value: unknown): string {
  if (typeof value === 'string') return lineOf({ value }, 'value', 500) ?? '';
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : '…';
}
