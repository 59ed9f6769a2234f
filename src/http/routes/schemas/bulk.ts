import { z } from 'zod';

/** Recipients of one broadcast at most. */
export const mostRecipients = 10_000;

// Postgres refuses NUL in text.
const withoutNul = (text: string) => !text.includes('\0');
const word = (most: number) => z.string().max(most).refine(withoutNul, 'must not contain NUL');

const BulkRecipient = z
  .strictObject({
    user_id: z
      .string()
      .max(100)
      .optional()
      .meta({ examples: ['019ea6a4-3c00-7000-8000-000000000001'] }),
    phone: z
      .string()
      .max(60)
      .optional()
      .meta({ description: 'With country code.', examples: ['+491701234567'] }),
    bsuid: z
      .string()
      .max(200)
      .optional()
      .meta({ examples: ['US.13491208655302741918'] }),
    values: z
      .record(word(100), word(1_024))
      .default({})
      .meta({ description: 'What fills the template for them.', examples: [{ '1': 'Ana' }] }),
  })
  .meta({ examples: [{ phone: '+491701234567', values: { '1': 'Ana' } }] });

/** Something to say to many. */
export const BulkOrder = z
  .strictObject({
    name: word(200)
      .optional()
      .meta({ description: 'What you call it.', examples: ['Opening hours'] }),
    text: word(1_500)
      .refine((text) => text.trim() !== '', 'must not be empty')
      .optional()
      .meta({
        description: 'Free text, for whoever wrote within 24 hours.',
        examples: ['We close at noon today.'],
      }),
    template: z
      .strictObject({
        name: word(512)
          .min(1)
          .meta({ examples: ['opening_hours'] }),
        language: word(20)
          .optional()
          .meta({ examples: ['en_US'] }),
      })
      .optional()
      .meta({ description: 'For everybody, or beside a text for everybody else.' }),
    channel: z
      .enum(['twilio', 'meta', 'simulator'])
      .optional()
      .meta({ description: 'Without it for each the one they wrote on last.', examples: ['meta'] }),
    recipients: z
      .array(BulkRecipient)
      .min(1)
      .max(mostRecipients)
      .meta({ description: 'Each by one of user_id, phone and bsuid.' }),
    dry_run: z
      .boolean()
      .default(false)
      .meta({ description: 'Only tell what is to be expected.', examples: [false] }),
  })
  .refine(({ text, template }) => text !== undefined || template !== undefined, 'give text or template')
  .meta({
    id: 'BulkOrder',
    description: 'Free text or a template to many people.',
    examples: [
      {
        name: 'Opening hours',
        template: { name: 'opening_hours', language: 'en_US' },
        recipients: [{ phone: '+491701234567', values: { '1': 'Ana' } }],
      },
    ],
  });

const ofList = (description: string, example: string) =>
  z
    .string()
    .optional()
    .meta({ description: `Of a list in text/csv: ${description}`, examples: [example] });

/** What goes along with a list, which has no place for it. */
export const BulkQuery = z.object({
  name: ofList('what you call it.', 'Opening hours'),
  text: ofList('free text.', 'We close at noon today.'),
  template: ofList('the name of the template.', 'opening_hours'),
  language: ofList('the language of the template.', 'en_US'),
  channel: ofList('the channel.', 'meta'),
  dry_run: z
    .enum(['true', 'false'])
    .optional()
    .meta({ description: '`true` only tells what is to be expected.', examples: ['false'] }),
});

const number = (description: string, example: number) =>
  z.number().meta({ description, examples: [example] });

/** What is to be expected of a broadcast. */
export const Preflight = z
  .object({
    total: number('Recipients in the list.', 1_200),
    reachable: number('How many get a message.', 1_180),
    groups: z.array(
      z.object({
        kind: z.string().meta({
          description:
            '`in_window`, `needs_template`, or why they get nothing: `opted_out`, `unreachable`, `duplicate`, `wrong_values`, `invalid_recipient`, `unknown_person`, …',
          examples: ['needs_template'],
        }),
        count: number('How many.', 1_180),
        recipients: z.array(z.string()).meta({
          description:
            'The first 1,000 of them, as you named them; faulty lines of a list by their number, with what is wrong.',
          examples: [['+491701234567']],
        }),
      }),
    ),
    estimate: z
      .object({
        prices_as_of: z.string().meta({ examples: ['2026-11-21'] }),
        provider_fees_usd: number('What the provider adds.', 5.9),
        whatsapp_charges_usd: number("WhatsApp's charges, by the prices in WHATSAPP_PRICES_USD.", 29.5),
        unpriced_messages: number('Messages whose charge is not known, and not in the sum.', 0),
      })
      .meta({ description: 'An estimate from a table of prices: the bill may differ.' }),
  })
  .meta({ id: 'BroadcastPreflight', description: 'What is to be expected of a broadcast.' });
