import { z } from 'zod';
import { failures } from './schemas/errors.ts';
import { verifySchema } from './webhook-schema.ts';

const MetaWebhook = z
  .looseObject({
    object: z.string().meta({ examples: ['whatsapp_business_account'] }),
    entry: z.array(z.looseObject({})).meta({ description: 'Up to 1,000 updates, each read on its own.' }),
  })
  .meta({
    id: 'MetaWebhook',
    description: "A batch of updates as Meta's Cloud API sends it; further fields may come at any time.",
    examples: [
      {
        object: 'whatsapp_business_account',
        entry: [
          {
            id: '102290129340398',
            changes: [
              {
                field: 'messages',
                value: {
                  messaging_product: 'whatsapp',
                  metadata: { display_phone_number: '15550783881', phone_number_id: '106540352242922' },
                  contacts: [{ profile: { name: 'Ana' }, wa_id: '15550001111' }],
                  messages: [
                    {
                      from: '15550001111',
                      id: 'wamid.HBgLMTU1NTAwMDExMTE',
                      timestamp: '1795000000',
                      type: 'text',
                      text: { body: 'What does the contract say about notice?' },
                    },
                  ],
                },
              },
            ],
          },
        ],
      },
    ],
  });

/** Describes `POST /webhook/meta`. Only for the docs: the route checks the signature, not the form. */
export const metaReceiveSchema = {
  tags: ['Webhook'],
  summary: "Receive updates from Meta's Cloud API",
  description:
    'Checks the signature over the bytes, stores messages and delivery reports and answers at once. One bad or unknown update costs no ' +
    'other. The body may have 4 MiB.',
  consumes: ['application/json'],
  headers: z.object({
    'x-hub-signature-256': z.string().meta({
      description: 'HMAC-SHA256 over the bytes of the body, keyed with the app secret.',
      examples: ['sha256=8d1f…'],
    }),
  }),
  body: MetaWebhook,
  response: {
    200: {
      description: 'Stored, or nothing to store.',
      content: {
        'application/json': {
          schema: z
            .object({ success: z.literal(true) })
            .meta({ id: 'Stored', examples: [{ success: true }] }),
        },
      },
    },
    ...failures(403, 413, 503),
  },
};

/** Describes `GET /webhook/meta`. */
export const metaVerifySchema = {
  ...verifySchema,
  summary: 'Verify the webhook of the Cloud API',
  description: 'Answers the subscription challenge when `hub.verify_token` equals WHATSAPP_VERIFY_TOKEN.',
  response: {
    200: {
      description: 'The challenge.',
      content: { 'text/plain': { schema: z.string().meta({ examples: ['1158201444'] }) } },
    },
    ...failures(400, 403),
  },
};
