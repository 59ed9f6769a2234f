import { z } from 'zod';
import { toPhone } from './phone.ts';

// Postgres refuses NUL in text.
const withoutNul = (text: string) => !text.includes('\0');
const value = z
  .string()
  .max(1024)
  .refine(withoutNul, 'must not contain NUL')
  .meta({ examples: ['Ana'] });

const To = z
  .strictObject({
    user_id: z
      .string()
      .max(100)
      .optional()
      .meta({ description: 'Somebody who is known.', examples: ['019ea6a4-3c00-7000-8000-000000000001'] }),
    phone: z
      .string()
      .max(40)
      .meta({ description: 'With country code; somebody new is added.', examples: ['+491701234567'] })
      .transform((text, context) => {
        const phone = toPhone(text);
        if (phone) return phone;
        context.addIssue({
          code: 'custom',
          message: 'must be a phone number with country code such as +491701234567',
        });
        return z.NEVER;
      })
      .optional(),
    bsuid: z
      .string()
      .regex(
        /^[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}$/,
        'must be a business-scoped user id such as US.13491208655302741918',
      )
      .optional()
      .meta({
        description: 'Business-scoped user id of somebody who is known.',
        examples: ['US.13491208655302741918'],
      }),
  })
  .refine((to) => Object.keys(to).length === 1, 'give one of user_id, phone or bsuid')
  .meta({ examples: [{ phone: '+491701234567' }] });

const TemplateUse = z.strictObject({
  name: z
    .string()
    .min(1)
    .max(512)
    .refine(withoutNul, 'must not contain NUL')
    .meta({ description: 'Meta: its name. Twilio: its ContentSid.', examples: ['order_ready'] }),
  language: z
    .string()
    .max(20)
    .refine(withoutNul, 'must not contain NUL')
    .optional()
    .meta({ description: 'Needed where there are several.', examples: ['en_US'] }),
  values: z
    .record(z.string().max(100), value)
    .default({})
    .meta({
      description: 'By placeholder, as `placeholders` of the template names them.',
      examples: [{ '1': 'Ana' }],
    }),
});

/** A message to send. */
export const NewMessage = z
  .strictObject({
    to: To,
    channel: z
      .enum(['twilio', 'meta', 'simulator'])
      .optional()
      .meta({ description: 'Without it the one they wrote on last.', examples: ['meta'] }),
    text: z
      .string()
      .max(20_000)
      .refine((text) => text.trim() !== '', 'must not be empty')
      .refine(withoutNul, 'must not contain NUL')
      .optional()
      .meta({
        description: 'WhatsApp text; a long one goes out in parts.',
        examples: ['Your order is ready.'],
      }),
    template: TemplateUse.optional(),
    hold: z
      .boolean()
      .default(false)
      .meta({
        description: 'Of text: keep it until the person writes if it does not get through now.',
        examples: [false],
      }),
  })
  .refine(
    (message) => (message.text === undefined) !== (message.template === undefined),
    'give text or template',
  )
  .meta({
    id: 'NewMessage',
    description: 'Free text or a template to one person.',
    examples: [
      {
        to: { phone: '+491701234567' },
        template: { name: 'order_ready', language: 'en_US', values: { '1': 'Ana' } },
      },
    ],
  });

/** Beside the message: what makes sending it twice do nothing. */
export const SendHeaders = z.object({
  'idempotency-key': z
    .string()
    .regex(/^[!-~]{1,200}$/, 'must be 1 to 200 visible ASCII characters')
    .optional()
    .meta({
      description: 'The same key with the same message sends it once; it is remembered for 30 days.',
      examples: ['order-4711'],
    }),
});
