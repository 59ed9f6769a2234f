import { z } from 'zod';
import { recipientStates } from '#src/domain/broadcast.ts';
import { count, id, time } from './fields.ts';

const maybe = (description: string, example: string | null) =>
  z
    .string()
    .nullable()
    .meta({ description, examples: [example] });

/** A broadcast in a list. */
export const Broadcast = z
  .object({
    id,
    name: maybe('What you call it.', 'Opening hours'),
    state: z.enum(['running', 'paused', 'stopped', 'canceled', 'done']).meta({
      description: '`stopped`: by itself, because too much failed. `done`: handed out whole.',
      examples: ['running'],
    }),
    reason: maybe('Why it stopped.', null),
    content: z
      .object({
        text: z.string().optional(),
        template: z.object({ name: z.string(), language: z.string().optional() }).optional(),
        channel: z.string().optional(),
      })
      .meta({ examples: [{ template: { name: 'opening_hours', language: 'en_US' } }] }),
    total: count('Recipients in the list.'),
    created_at: time,
    updated_at: time,
  })
  .meta({ id: 'Broadcast', description: 'Something that is said to many people.' });

/** The same with how far its recipients are. */
export const BroadcastDetail = Broadcast.extend({
  progress: z.record(z.enum(recipientStates), z.number().int()).meta({
    description: 'Recipients by state.',
    examples: [
      { waiting: 800, queued: 20, held: 0, sent: 30, delivered: 200, read: 120, failed: 10, skipped: 20 },
    ],
  }),
}).meta({ id: 'BroadcastDetail', description: 'A broadcast with how far its recipients are.' });

/** The state of recipients as a filter. */
export const stateFilter = z
  .enum(recipientStates)
  .optional()
  .meta({ description: 'Only recipients in this state.', examples: ['failed'] });

/** One of those a broadcast is for. */
export const BroadcastRecipient = z
  .object({
    id,
    position: z
      .number()
      .int()
      .meta({ description: 'Place in the list, from 0.', examples: [0] }),
    recipient: z.string().meta({ description: 'As you named them.', examples: ['+491701234567'] }),
    user_id: maybe('Once they are known.', '019ea6a4-3c00-7000-8000-000000000001'),
    message_id: maybe('Their message.', '019ea6a4-3c00-7000-8000-000000000002'),
    state: z.enum(recipientStates).meta({ examples: ['failed'] }),
    reason_code: maybe("Why they got nothing: our code or the provider's.", '131026'),
    reason: maybe('The same in words.', 'the number is not on WhatsApp'),
    tries: count('Messages made for them; more than one after retry-failed.').meta({ examples: [1] }),
    handed_at: time.nullable(),
  })
  .meta({ id: 'BroadcastRecipient', description: 'One of those a broadcast is for.' });
