import swagger from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
import {
  jsonSchemaTransform,
  jsonSchemaTransformObject,
  serializerCompiler,
  validatorCompiler,
} from 'fastify-type-provider-zod';
import { type ApiDocument, addExamples, refTo } from './openapi-examples.ts';

interface OpenapiOptions {
  readonly name: string;
  readonly version: string;
  readonly publicUrl: string | undefined;
}

const description = `A self-hosted WhatsApp assistant that understands text, photos, voice notes and documents.

- Messages come in at \`POST /webhook\`, signed by Twilio, and at \`POST /webhook/meta\`, signed by Meta.
- Everything under \`/api/v1\` needs \`Authorization: Bearer\` with a token from \`POST /api/v1/auth/token\`.
- Lists are newest first; follow \`next_cursor\` until it is null.
- Times are ISO-8601 in UTC, money is US dollars, every failure is \`{ "error": { "code", "message", "requestId" } }\`.`;

/** Makes zod the one vocabulary of routes and collects their description. Must come before the routes. */
export async function addOpenapi(
  app: FastifyInstance,
  { name, version, publicUrl }: OpenapiOptions,
): Promise<void> {
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: name, version, description, license: { name: 'MIT', identifier: 'MIT' } },
      servers: [{ url: publicUrl ?? '/', description: publicUrl ? 'This bot' : 'Where this page came from' }],
      tags: [
        { name: 'Bot', description: 'What it is and how it is doing.' },
        { name: 'Webhook', description: 'Where WhatsApp messages come in.' },
        { name: 'Sign-in', description: 'Tokens for the API.' },
        { name: 'Users', description: 'People who wrote or were added, and whether they may use the bot.' },
        { name: 'Conversations', description: 'Exchanges with one person, under a title.' },
        { name: 'Messages', description: 'What was written, understood and answered.' },
        { name: 'Templates', description: 'What may be sent to people who have not written for 24 hours.' },
        { name: 'Broadcasts', description: 'What is said to many people, at a pace, once to each.' },
        { name: 'Usage', description: 'What was consumed and what it cost.' },
        { name: 'Workers', description: 'Processes, the queue, and work that failed for good.' },
      ],
      components: {
        securitySchemes: {
          bearer: {
            type: 'http',
            scheme: 'bearer',
            bearerFormat: 'JWT',
            description: 'From POST /api/v1/auth/token.',
          },
        },
      },
    },
    hideUntagged: true,
    transform: jsonSchemaTransform,
    transformObject: (input) => {
      const document = tidySchemas(jsonSchemaTransformObject(input) as unknown as ApiDocument);
      addExamples(document);
      return document as unknown as ReturnType<typeof jsonSchemaTransformObject>;
    },
  });
}

/**
 * The zod transform lists every schema twice, as `X` for answers and `XInput` for requests. What nothing refers to goes, and where
 * only the input is left it gets the plain name back.
 */
function tidySchemas(document: ApiDocument): ApiDocument {
  const { schemas } = document.components;
  for (let isDone = false; !isDone; ) {
    const text = JSON.stringify(document);
    const unused = Object.keys(schemas).filter((name) => !text.includes(`"${refTo(name)}"`));
    for (const name of unused) delete schemas[name];
    isDone = unused.length === 0;
  }
  let text = JSON.stringify(document);
  for (const name of Object.keys(schemas)) {
    const plain = name.replace(/Input$/, '');
    if (plain in schemas) continue;
    text = text.replaceAll(`"${refTo(name)}"`, `"${refTo(plain)}"`).replaceAll(`"${name}":`, `"${plain}":`);
  }
  return JSON.parse(text) as ApiDocument;
}
