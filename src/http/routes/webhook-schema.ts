import { z } from 'zod';
import { failures } from './schemas/errors.ts';

const example = {
  MessageSid: 'SM0123456789abcdef0123456789abcdef',
  AccountSid: 'AC0123456789abcdef0123456789abcdef',
  From: 'whatsapp:+15550001111',
  To: 'whatsapp:+14155238886',
  WaId: '15550001111',
  ProfileName: 'Ana',
  MessageType: 'text',
  Body: 'What does the contract say about notice?',
  NumMedia: '0',
};

const TwilioForm = z
  .looseObject({
    MessageSid: z.string().meta({ description: 'Names the message; the same one again changes nothing.' }),
    From: z.string().meta({ description: 'Who wrote.' }),
    To: z.string().meta({ description: 'Our number.' }),
    Body: z.string().optional().meta({ description: 'Text or caption.' }),
    NumMedia: z
      .string()
      .optional()
      .meta({ description: 'How many `MediaUrl{i}` and `MediaContentType{i}` follow.' }),
    ProfileName: z.string().optional(),
  })
  .meta({
    id: 'TwilioMessage',
    description: 'An incoming message as Twilio sends it; further parameters may come at any time.',
    examples: [example],
  });

const emptyTwiml = z.string().meta({
  description: 'Empty TwiML: the answer is sent later, when it is ready.',
  examples: ['<?xml version="1.0" encoding="UTF-8"?><Response/>'],
});

/** Describes `POST /webhook`. Only for the docs: the route checks the signature, not the form. */
export const receiveSchema = {
  tags: ['Webhook'],
  summary: 'Receive a message from Twilio',
  description:
    'Checks the signature, stores the message, wakes the worker and answers at once; it never waits for files, a model or Twilio. ' +
    'A form that is signed but makes no sense is answered with 200 and logged, since sending it again would not help. ' +
    'The form may have 256 KB and 300 parameters.',
  consumes: ['application/x-www-form-urlencoded'],
  headers: z.object({
    'x-twilio-signature': z.string().meta({
      description: 'HMAC-SHA1 over address and form, keyed with the auth token.',
      examples: ['0/KCTR6DLpKmkAf8muzZqo1nDgQ='],
    }),
  }),
  body: TwilioForm,
  response: {
    200: { description: 'Stored, or nothing to store.', content: { 'text/xml': { schema: emptyTwiml } } },
    ...failures(403, 413, 503),
  },
};

const TwilioStatus = z
  .looseObject({
    MessageSid: z.string().meta({ description: 'Names the message that we sent.' }),
    MessageStatus: z.string().meta({ description: 'How far it has come.', examples: ['delivered'] }),
    ErrorCode: z
      .string()
      .optional()
      .meta({ description: 'Why it failed.', examples: ['63016'] }),
  })
  .meta({
    id: 'TwilioStatus',
    description: 'What became of a message of ours, as Twilio sends it; repeated, and in any order.',
    examples: [{ MessageSid: 'SM0123456789abcdef0123456789abcdef', MessageStatus: 'delivered' }],
  });

/** Describes `POST /webhook/status`. */
export const statusSchema = {
  tags: ['Webhook'],
  summary: 'Receive a delivery status from Twilio',
  description:
    'Checks the signature and stores what became of a message: queued, sent, delivered, read or failed. States only move forward.',
  consumes: ['application/x-www-form-urlencoded'],
  headers: receiveSchema.headers,
  body: TwilioStatus,
  response: {
    204: z.null().meta({ description: 'Stored, or nothing to store.' }),
    ...failures(403, 413, 503),
  },
};

/** Describes `GET /webhook`. */
export const verifySchema = {
  tags: ['Webhook'],
  summary: 'Verify the webhook',
  description:
    'Answers a subscription challenge when `hub.verify_token` equals WHATSAPP_VERIFY_TOKEN. Without `hub.` parameters it only says that it is ready.',
  querystring: z.looseObject({
    'hub.mode': z
      .string()
      .optional()
      .meta({ examples: ['subscribe'] }),
    'hub.verify_token': z.string().optional().meta({ description: 'WHATSAPP_VERIFY_TOKEN.' }),
    'hub.challenge': z
      .string()
      .optional()
      .meta({
        description: 'Returned as it is: printable ASCII, at most 256 characters.',
        examples: ['1158201444'],
      }),
  }),
  response: {
    200: {
      description: 'The challenge, or readiness.',
      content: {
        'text/plain': { schema: z.string().meta({ examples: ['1158201444'] }) },
        'application/json': {
          schema: z
            .object({ status: z.literal('ready') })
            .meta({ id: 'Ready', examples: [{ status: 'ready' }] }),
        },
      },
    },
    ...failures(400, 403),
  },
};
