import { type MetaFault, metaFault } from './meta-answers.ts';
import { checkAgainstDocument } from './meta-openapi.ts';

/*
 * What Meta writes about the messages its Cloud API takes, in its guides and in what came later: `recipient` for business-scoped
 * user ids, `biz_opaque_callback_data`, named parameters. Stricter than Meta, which lets unknown fields pass. What passes here is
 * checked against Meta's OpenAPI document as well.
 */

type Rule = (value: unknown, path: string) => MetaFault | undefined;
type Fields = Readonly<Record<string, Rule>>;

const wrong = (path: string, what: string) => metaFault(131009, { details: `Parameter ${path} ${what}` });

function text(limits: { max?: number; pattern?: RegExp } = {}): Rule {
  const { max = 65_536, pattern = /\S/ } = limits;
  return (value, path) => {
    if (typeof value !== 'string' || !pattern.test(value)) return wrong(path, 'is no such text');
    return [...value].length > max ? wrong(path, `is longer than ${max} characters`) : undefined;
  };
}

const oneOf =
  (...values: unknown[]): Rule =>
  (value, path) =>
    values.includes(value) ? undefined : wrong(path, `is not one of ${values.join(', ')}`);

function object(required: Fields, optional: Fields = {}): Rule {
  return (value, path) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      return wrong(path, 'is no object');
    const missing = Object.keys(required).find((name) => !Object.hasOwn(value, name));
    if (missing) return metaFault(131008, { details: `Parameter ${path}.${missing} is required` });
    for (const [name, item] of Object.entries(value)) {
      const rule = { ...required, ...optional }[name];
      if (!rule) return metaFault(100, { details: `Unexpected key "${name}" on param "${path}"` });
      const fault = rule(item, `${path}.${name}`);
      if (fault) return fault;
    }
    return undefined;
  };
}

function list(least: number, most: number, of: Rule): Rule {
  return (value, path) => {
    if (!Array.isArray(value) || value.length < least || value.length > most) {
      return wrong(path, `is no list of ${least} to ${most}`);
    }
    return firstOf(value.map((item, index) => of(item, `${path}[${index}]`)));
  };
}

/** Every one of `pick` must be there once only. */
function distinct(rule: Rule, pick: (item: never) => unknown): Rule {
  return (value, path) => {
    const fault = rule(value, path);
    if (fault) return fault;
    const picked = (value as never[]).map(pick);
    return new Set(picked).size < picked.length ? wrong(path, 'has duplicates') : undefined;
  };
}

const either =
  (...rules: Rule[]): Rule =>
  (value, path) => {
    const faults = rules.map((rule) => rule(value, path));
    return faults.includes(undefined) ? undefined : faults[0];
  };

const flag = oneOf(true, false);
const mediaId = text({ pattern: /^\d{1,32}$/ });
const link = text({ pattern: /^https?:\/\/\S+$/ });
const caption = text({ max: 1024 });
const media = (extra: Fields = {}) => either(object({ id: mediaId }, extra), object({ link }, extra));
const tight = (max: number) => text({ max, pattern: /^\S(?:.*\S)?$/s });

const button = object({
  type: oneOf('reply'),
  reply: object({ id: tight(256), title: text({ max: 20 }) }),
});
const row = object({ id: tight(200), title: text({ max: 24 }) }, { description: text({ max: 72 }) });
const body = object({ text: text({ max: 1024 }) });
const header = object({ type: oneOf('text'), text: text({ max: 60 }) });
const footer = object({ text: text({ max: 60 }) });
const buttons = list(1, 3, button);
const rows = distinct(list(1, 10, row), ({ id }: { id: string }) => id);

const interactive = either(
  object(
    {
      type: oneOf('button'),
      body,
      action: object({
        buttons: distinct(
          distinct(buttons, ({ reply }: { reply: { title: string } }) => reply.title.toLowerCase()),
          ({ reply }: { reply: { id: string } }) => reply.id,
        ),
      }),
    },
    { header, footer },
  ),
  object(
    {
      type: oneOf('list'),
      body,
      action: object({
        button: text({ max: 20 }),
        sections: list(1, 10, object({ rows }, { title: text({ max: 24 }) })),
      }),
    },
    { header, footer },
  ),
);

const placeholder = object(
  { type: oneOf('text'), text: text({ max: 32_768 }) },
  { parameter_name: text({ pattern: /^[a-z_]\w*$/i }) },
);
const component = either(
  object({ type: oneOf('body'), parameters: list(1, 100, placeholder) }),
  object({
    type: oneOf('header'),
    parameters: list(
      1,
      1,
      either(
        placeholder,
        ...['image', 'video', 'document'].map((kind) => object({ type: oneOf(kind), [kind]: media() })),
      ),
    ),
  }),
  ...[
    { sub: 'url', name: 'text' },
    { sub: 'quick_reply', name: 'payload' },
  ].map(({ sub, name }) =>
    object({
      type: oneOf('button'),
      sub_type: oneOf(sub),
      index: text({ pattern: /^\d$/ }),
      parameters: list(1, 1, object({ type: oneOf(name), [name]: text() })),
    }),
  ),
);
const template = object(
  {
    name: text({ max: 512, pattern: /^[a-z0-9_]+$/ }),
    language: object({
      policy: oneOf('deterministic'),
      code: text({ pattern: /^[a-z]{2,3}(?:_[A-Z]{2,4})?$/ }),
    }),
  },
  { components: list(1, 12, component) },
);

const contents: Fields = {
  text: object({ body: text({ max: 4096 }) }, { preview_url: flag }),
  image: media({ caption }),
  video: media({ caption }),
  document: media({ caption, filename: text({ max: 240 }) }),
  audio: media({ voice: flag }),
  sticker: media(),
  interactive,
  template,
};

/** Checks the JSON of a message. A user id in `to` passes here, as it does at Meta. */
export function checkMessage(message: Readonly<Record<string, unknown>>): MetaFault | undefined {
  const type = String(message.type);
  const content = Object.hasOwn(contents, type) ? contents[type] : undefined;
  if (!content) return wrong('type', 'is not one this stand-in knows');
  if (message.to === undefined && message.recipient === undefined) {
    return metaFault(131008, { details: 'Parameter to or recipient is required' });
  }
  const fault = object(
    {
      messaging_product: oneOf('whatsapp'),
      recipient_type: oneOf('individual'),
      type: oneOf(type),
      [type]: content,
    },
    {
      to: text({ pattern: /^(?:\+?[1-9]\d{5,14}|[A-Z]{2}\..+)$/ }),
      recipient: text({ pattern: /^[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{1,128}$/ }),
      context: object({ message_id: text({ pattern: /^wamid\../ }) }),
      biz_opaque_callback_data: text({ max: 512 }),
    },
  )(message, 'message');
  return fault ?? checkAgainstDocument('message', message);
}

/** Checks the JSON that marks a message as read, with typing dots or without. */
export function checkRead(mark: unknown): MetaFault | undefined {
  const fault = object(
    {
      messaging_product: oneOf('whatsapp'),
      status: oneOf('read'),
      message_id: text({ pattern: /^wamid\../ }),
    },
    { typing_indicator: object({ type: oneOf('text') }) },
  )(mark, 'message');
  return fault ?? checkAgainstDocument('mark', mark);
}

function firstOf(faults: readonly (MetaFault | undefined)[]): MetaFault | undefined {
  return faults.find((fault) => fault !== undefined);
}
