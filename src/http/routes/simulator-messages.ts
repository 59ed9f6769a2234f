import { createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { MultipartFile } from '@fastify/multipart';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { InboundMessage, MessageType } from '#src/domain/message.ts';
import { simulatorScope, testPeople } from '#src/domain/test-people.ts';
import { HttpError } from '#src/http/http-error.ts';
import type { PagesDeps } from './simulator.ts';

/** Most files in one sending, as WhatsApp has it for albums. */
const maxFiles = 30;
/** Longest text, as WhatsApp has it. UTF-16 units. */
const maxTextUnits = 4096;

const form = z.object({
  person: z.enum(testPeople.map((person) => person.phone)),
  /** Made by the page for each sending: sending again after a lost answer is the same message. */
  clientId: z.uuid(),
  text: z.string().max(maxTextUnits).default(''),
  quoted: z
    .string()
    .regex(/^[\w.:-]{1,120}$/)
    .optional(),
  /** What a tapped button stands for; its title is the text. */
  choice: z.string().trim().min(1).max(200).optional(),
});
type Form = z.output<typeof form>;

interface Upload {
  readonly ref: string;
  readonly fileName: string;
  readonly declaredType: string;
}

/** Where answers to a test person go. */
export function simulatorAddress(phone: string): string {
  return `simulator:${phone}`;
}

/**
 * `POST /simulator/messages` (multipart: person, clientId, text, quoted, choice, files…): what the test person sends. Files are streamed to
 * the spool folder; several become several messages, the text with the first, as WhatsApp does with albums.
 * 202 once stored, 400 for what the page would never send, 413 for a file over the limit.
 */
export function registerMessages(
  app: FastifyInstance,
  deps: Pick<PagesDeps, 'accept' | 'spoolFolder' | 'newId' | 'maxBytes'>,
): void {
  app.post(
    '/simulator/messages',
    { bodyLimit: maxFiles * deps.maxBytes + 1_000_000 },
    async (request, reply) => {
      if (!request.isMultipart()) throw new HttpError(400, 'bad_request', 'A multipart form is expected.');
      const received = await receiveForm(request, deps);
      const sent = checkForm(received, deps.maxBytes);
      if (sent instanceof HttpError) {
        await removeUploads(received.uploads, deps.spoolFolder);
        throw sent;
      }
      const messages = toInboundMessages(sent, received.uploads);
      await deps.accept(messages);
      return reply.code(202).send({ providerIds: messages.map((message) => message.providerId) });
    },
  );
}

interface ReceivedForm {
  readonly fields: Readonly<Record<string, unknown>>;
  readonly uploads: readonly Upload[];
  /** Name of a file that was cut off at the limit. */
  readonly tooLarge: string | undefined;
}

function checkForm({ fields, uploads, tooLarge }: ReceivedForm, maxBytes: number): Form | HttpError {
  if (tooLarge !== undefined) {
    const limitMb = Math.floor(maxBytes / 1024 / 1024);
    return new HttpError(413, 'too_large', `${tooLarge} is too large: the limit is ${limitMb} MB.`);
  }
  const parsed = form.safeParse(fields);
  if (!parsed.success) return new HttpError(400, 'bad_request', z.prettifyError(parsed.error));
  if (parsed.data.text.trim() === '' && uploads.length === 0) {
    return new HttpError(400, 'bad_request', 'There is neither text nor a file.');
  }
  return parsed.data;
}

async function receiveForm(
  request: FastifyRequest,
  deps: Pick<PagesDeps, 'spoolFolder' | 'newId' | 'maxBytes'>,
): Promise<ReceivedForm> {
  await mkdir(deps.spoolFolder, { recursive: true });
  const fields: Record<string, unknown> = Object.create(null);
  const uploads: Upload[] = [];
  let tooLarge: string | undefined;
  const limits = {
    fileSize: deps.maxBytes,
    files: maxFiles,
    fields: 8,
    fieldSize: 4 * maxTextUnits,
    parts: 40,
  };
  try {
    for await (const part of request.parts({ limits })) {
      if (part.type === 'field') {
        fields[part.fieldname] = part.value;
        continue;
      }
      const upload = { ref: deps.newId(), fileName: plainName(part), declaredType: bareType(part.mimetype) };
      uploads.push(upload);
      const path = join(deps.spoolFolder, upload.ref);
      await pipeline(part.file, createWriteStream(path, { flags: 'wx', mode: 0o600 }));
      if (part.file.truncated) tooLarge ??= upload.fileName;
    }
  } catch (error) {
    // The person hung up, or sent more than any page would: the error handler answers with the parser's own status.
    await removeUploads(uploads, deps.spoolFolder);
    throw error;
  }
  return { fields, uploads, tooLarge };
}

async function removeUploads(uploads: readonly Upload[], spoolFolder: string): Promise<void> {
  await Promise.all(uploads.map((upload) => rm(join(spoolFolder, upload.ref), { force: true })));
}

function toInboundMessages(sent: Form, uploads: readonly Upload[]): InboundMessage[] {
  const person = testPeople.find(({ phone }) => phone === sent.person);
  const envelope = (index: number) => ({
    channel: 'simulator' as const,
    providerId: `sim-in-${sent.clientId}-${index}`,
    sender: [{ kind: 'phone' as const, scope: simulatorScope, value: sent.person }],
    replyAddress: simulatorAddress(sent.person),
    ownAddress: 'simulator:bot',
    profileName: person?.name,
    quotedProviderId: index === 0 ? sent.quoted : undefined,
  });
  const { text, choice } = sent;
  if (uploads.length === 0) {
    const said = { ...envelope(0), text, attachments: [] };
    return choice === undefined
      ? [{ ...said, type: 'text' }]
      : [{ ...said, type: 'button', button: { text, payload: choice } }];
  }
  return uploads.map((upload, index) => ({
    ...envelope(index),
    type: typeByLabel(upload.declaredType),
    text: index === 0 ? sent.text : '',
    attachments: [upload],
  }));
}

/** What WhatsApp would call it. Only a label: the content decides later. */
function typeByLabel(mimeType: string): MessageType {
  if (mimeType === 'application/pdf') return 'pdf';
  const [family] = mimeType.split('/');
  if (family === 'image' || family === 'video') return family;
  return family === 'audio' ? 'voice' : 'document';
}

function bareType(mimeType: string): string {
  return (mimeType.split(';')[0] ?? '').trim().toLowerCase().slice(0, 100);
}

/** A name fit to show and store: no folders, no control characters, of sane length. */
function plainName(part: MultipartFile): string {
  const name = (part.filename ?? '').split(/[/\\]/).at(-1) ?? '';
  return name.replace(/\p{C}/gu, '').trim().slice(-120) || 'file';
}
