import { z } from 'zod';
import type {
  AttachmentView,
  MessageDetailView,
  MessageView,
  OutboundPartView,
} from '#src/ports/read-model.ts';
import { count, id, time, usd } from './fields.ts';

/** What a message mainly is. */
export const messageType = z.enum([
  'text',
  'image',
  'voice',
  'video',
  'pdf',
  'document',
  'sticker',
  'location',
  'contact',
  'button',
  'unsupported',
]);
export const direction = z.enum(['inbound', 'outbound']);

const providerId = z
  .string()
  .nullable()
  .meta({ description: "The provider's id.", examples: ['SM0123456789abcdef0123456789abcdef'] });

const channel = z.enum(['twilio', 'meta', 'simulator']).meta({ examples: ['twilio'] });
const reached = (description: string) => time.nullable().meta({ description });

const OutboundPart = z
  .object({
    id,
    position: z
      .number()
      .int()
      .meta({ examples: [0] }),
    channel,
    rerouted_from: channel.nullable().meta({
      description: 'The channel it was meant for, when that had stopped and another one was open.',
      examples: [null],
    }),
    text: z.string().meta({ examples: ['Three months, see page 4.'] }),
    state: z.enum(['queued', 'held', 'sending', 'sent', 'delivered', 'read', 'played', 'failed']).meta({
      description:
        'How far it has come. `held`: it waits until the person writes again, or until its broadcast goes on.',
      examples: ['delivered'],
    }),
    provider_id: providerId,
    error_code: z
      .string()
      .nullable()
      .meta({ description: "The provider's code.", examples: [null] }),
    error_reason: z
      .string()
      .nullable()
      .meta({ description: 'Why it failed or is held, in plain words.', examples: [null] }),
    attempts: z
      .number()
      .int()
      .meta({ examples: [1] }),
    retry_at: reached('It failed in a way that may pass and is sent again then.'),
    sent_at: reached('When the provider took it.'),
    delivered_at: reached('When it was on the phone.'),
    read_at: reached('When it was read.'),
    played_at: reached('When a voice message was first played.'),
    failed_at: reached('When it turned out that it cannot be delivered.'),
    created_at: time,
  })
  .meta({
    id: 'OutboundPart',
    description: 'One WhatsApp message an answer was split into.',
  }) satisfies z.ZodType<OutboundPartView>;

const fields = {
  id,
  user_id: id,
  conversation_id: id.nullable(),
  turn_id: id.nullable().meta({ description: 'What was answered together has the same turn.' }),
  channel,
  direction: direction.meta({ examples: ['inbound'] }),
  message_type: messageType.meta({ examples: ['pdf'] }),
  content: z.string().meta({
    description: "Inbound: the person's words. Outbound: the answer before it was split.",
    examples: ['What does the contract say about notice?'],
  }),
  details: z
    .record(z.string(), z.unknown())
    .meta({ description: 'Location, tapped button and the like.', examples: [{}] }),
  media: z.array(
    z.object({
      attachment_id: id.nullable(),
      type: z.string().meta({ examples: ['application/pdf'] }),
      file_name: z
        .string()
        .nullable()
        .meta({ examples: ['lease.pdf'] }),
    }),
  ),
  provider_id: providerId,
  quoted_provider_id: providerId.meta({ description: 'The message this one replies to.' }),
  verdict: z
    .enum(['allowed', 'not_whitelisted', 'inactive', 'rate_limited', 'opted_out', 'outside_window'])
    .nullable()
    .meta({ description: 'Null while an inbound message has not been looked at.', examples: ['allowed'] }),
  ai_response: z
    .string()
    .nullable()
    .meta({ description: 'On the last inbound message of a turn.', examples: ['Three months, see page 4.'] }),
  ai_model_used: z
    .string()
    .nullable()
    .meta({ examples: ['gpt-6-luna'] }),
  prompt_tokens: count('Tokens read.'),
  completion_tokens: count('Tokens written.'),
  total_tokens: count('Both together.'),
  cached_tokens: count("Part of the tokens read that came from the provider's cache."),
  cost_usd: usd,
  is_processed: z.boolean().meta({ examples: [true] }),
  error_message: z
    .string()
    .nullable()
    .meta({ examples: [null] }),
  outbound_parts: z
    .array(OutboundPart)
    .meta({ description: 'Of what went out: the WhatsApp messages it was split into, in order.' }),
  created_at: time,
};

/** A message in a list. */
export const Message = z
  .object(fields)
  .meta({ id: 'Message', description: 'A message of either direction.' }) satisfies z.ZodType<MessageView>;

const Attachment = z
  .object({
    id,
    position: z
      .number()
      .int()
      .meta({ description: 'From 0.', examples: [0] }),
    declared_type: z
      .string()
      .meta({ description: 'What the sender called it.', examples: ['application/pdf'] }),
    file_name: z
      .string()
      .nullable()
      .meta({ examples: ['lease.pdf'] }),
    state: z.enum(['pending', 'fetched', 'read', 'failed']).meta({ examples: ['read'] }),
    bytes: z
      .number()
      .int()
      .nullable()
      .meta({ examples: [48_213] }),
    sniffed_type: z
      .string()
      .nullable()
      .meta({ description: 'What it really is.', examples: ['application/pdf'] }),
    sniffed_kind: z
      .string()
      .nullable()
      .meta({ examples: ['pdf'] }),
    mislabelled: z.boolean().meta({ description: 'Label and content disagree.', examples: [false] }),
    extracted_text: z
      .string()
      .nullable()
      .meta({ examples: ['Lease agreement …'] }),
    transcript: z
      .string()
      .nullable()
      .meta({ examples: [null] }),
    language: z
      .string()
      .nullable()
      .meta({ examples: ['en'] }),
    problem: z
      .string()
      .nullable()
      .meta({ description: 'Why it could not be read.', examples: [null] }),
    read_ms: z
      .number()
      .nullable()
      .meta({ description: 'Milliseconds it took.', examples: [180] }),
    created_at: time,
    updated_at: time,
  })
  .meta({
    id: 'Attachment',
    description: 'A file and what was found in it.',
  }) satisfies z.ZodType<AttachmentView>;

/** A message with its files and parts. */
export const MessageDetail = z.object({ ...fields, attachments: z.array(Attachment) }).meta({
  id: 'MessageDetail',
  description: 'A message with everything that hangs on it.',
}) satisfies z.ZodType<MessageDetailView>;
