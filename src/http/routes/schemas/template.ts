import { z } from 'zod';
import type { StoredTemplate } from '#src/ports/outreach.ts';
import { time } from './fields.ts';

const channel = z.enum(['twilio', 'meta', 'simulator']).meta({ examples: ['meta'] });
const keys = (description: string) => z.array(z.string()).meta({ description, examples: [['1']] });

/** A template in a list. */
export const Template = z
  .object({
    channel,
    name: z
      .string()
      .meta({ description: 'Meta: its name. Twilio: its ContentSid.', examples: ['order_ready'] }),
    language: z.string().meta({ examples: ['en_US'] }),
    title: z.string().meta({ description: 'What people call it.', examples: ['order_ready'] }),
    category: z
      .string()
      .nullable()
      .meta({ examples: ['utility'] }),
    state: z.string().meta({ description: 'Only `approved` ones can be sent.', examples: ['approved'] }),
    reason: z
      .string()
      .nullable()
      .meta({ description: 'Why it is in this state.', examples: [null] }),
    quality: z
      .string()
      .nullable()
      .meta({
        description:
          'How people take to it, at Meta: `green`, `yellow`, `red`, or `unknown` while it is too early to say.',
        examples: ['green'],
      }),
    body: z.string().meta({ examples: ['Hello {{1}}, your order is ready.'] }),
    placeholders: z.object({
      required: keys('Values it needs.'),
      optional: keys('Values it may have.'),
    }),
    components: z.unknown().meta({ description: 'As the provider has it.', examples: [[]] }),
    updated_at: time,
  })
  .meta({ id: 'Template', description: 'An approved or waiting template of the account.' });

/** What came of asking the providers. */
export const TemplateSync = z
  .object({
    channels: z.array(
      z.object({
        channel,
        templates: z
          .number()
          .int()
          .nullable()
          .meta({ description: 'How many it has; null when it did not say.', examples: [12] }),
        problem: z
          .string()
          .nullable()
          .meta({ description: 'Code of what went wrong.', examples: [null] }),
      }),
    ),
  })
  .meta({ id: 'TemplateSync', description: 'One entry for each channel that has templates.' });

/** A template as JSON. */
export function toTemplateBody({
  updatedAt,
  placeholders,
  ...template
}: StoredTemplate): z.input<typeof Template> {
  return {
    channel: template.channel,
    name: template.name,
    language: template.language,
    title: template.title,
    category: template.category ?? null,
    state: template.state,
    reason: template.reason ?? null,
    quality: template.quality ?? null,
    body: template.body,
    placeholders: { required: [...placeholders.required], optional: [...placeholders.optional] },
    components: template.components,
    updated_at: updatedAt.toISOString(),
  };
}
