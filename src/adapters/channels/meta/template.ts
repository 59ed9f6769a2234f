import { ProviderRefused } from '#src/domain/errors.ts';
import type { TemplateUse } from '#src/domain/outbound.ts';

interface Component {
  readonly type: 'header' | 'body' | 'button';
  readonly sub_type?: 'url' | 'quick_reply';
  readonly index?: string;
  readonly parameters: object[];
}

/** Meta's own media id; anything else in a media header is a link. */
const mediaId = /^\d{1,32}$/;

/**
 * An approved template with its values, as Meta sends it (TemplateObject of its OpenAPI document). The keys of `values` say where
 * a value goes:
 *
 * | key | goes to |
 * | --- | --- |
 * | `1`, `2` … | the body's numbered placeholders |
 * | `first_name` | the body's placeholder of that name |
 * | `header.1`, `header.first_name` | the placeholder of a header that is text |
 * | `header.image`, `header.video`, `header.document` | a header that is a file: Meta's media id, or an https link |
 * | `button.0` | the end of the address of the first button, which opens a link |
 * | `button.0.payload` | what comes back when the first button, a quick reply, is tapped |
 *
 * @throws ProviderRefused for a key of another form
 */
export function templateOf({ name, language, values }: TemplateUse): object {
  // Numbered placeholders have no name on the wire, so their order is what counts.
  const entries = Object.entries(values).sort(([one], [other]) =>
    one.localeCompare(other, 'en', { numeric: true }),
  );
  const components = new Map<string, Component>();
  const into = (key: string, component: Component) => {
    const there = components.get(key) ?? component;
    components.set(key, there);
    return there.parameters;
  };
  for (const [key, value] of entries) {
    const [, place = '', rest = ''] = /^(?:(header|button)\.)?(.+)$/s.exec(key) ?? [];
    if (place === 'button') {
      const [, index = '', isReply] = /^(\d)(\.payload)?$/.exec(rest) ?? [];
      if (index === '') throw unusable();
      const kind = isReply ? 'quick_reply' : 'url';
      const parameter = isReply ? { type: 'payload', payload: value } : { type: 'text', text: value };
      into(`button.${index}`, { type: 'button', sub_type: kind, index, parameters: [] }).push(parameter);
    } else if (place === 'header') {
      into('header', { type: 'header', parameters: [] }).push(mediaOf(rest, value) ?? textOf(rest, value));
    } else {
      into('body', { type: 'body', parameters: [] }).push(textOf(rest, value));
    }
  }
  return {
    name,
    language: { policy: 'deterministic', code: language },
    ...(components.size > 0 && { components: [...components.values()] }),
  };
}

function textOf(placeholder: string, text: string): object {
  if (/^[1-9]\d*$/.test(placeholder)) return { type: 'text', text };
  if (!/^[A-Za-z_]\w*$/.test(placeholder)) throw unusable();
  return { type: 'text', parameter_name: placeholder, text };
}

function mediaOf(kind: string, value: string): object | undefined {
  if (!['image', 'video', 'document'].includes(kind)) return undefined;
  return { type: kind, [kind]: mediaId.test(value) ? { id: value } : { link: value } };
}

function unusable(): ProviderRefused {
  return new ProviderRefused('request', 'A value of the template goes to no known place', {
    vendorCode: 'template_value',
  });
}
