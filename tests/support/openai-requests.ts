import type { IncomingMessage } from 'node:http';
import sharp from 'sharp';
import {
  type ChatRequest,
  chatRequest,
  modelObjection,
  type ResponsesRequest,
  responsesRequest,
  soundExtensions,
  transcriptionRequest,
} from './openai-schemas.ts';

/** Which endpoint was called. */
export type OpenAiEndpoint = 'responses' | 'chat' | 'transcriptions';

/** A question as the model sees it, whichever API it came through. */
export interface AskedQuestion {
  readonly model: string;
  readonly instructions: string;
  /** Without the instructions. */
  readonly messages: readonly { readonly role: string; readonly text: string }[];
  /** The text of the last message. */
  readonly text: string;
  readonly images: readonly Buffer[];
}

/** An uploaded recording. */
export interface UploadedSound {
  readonly model: string;
  readonly name: string;
  readonly type: string;
  readonly bytes: Buffer;
}

/** What a request turned out to say. */
export interface ReadRequest {
  /** The JSON body, or the text fields of an upload. */
  readonly body: Readonly<Record<string, unknown>>;
  readonly question?: AskedQuestion;
  readonly sound?: UploadedSound;
}

/** An answer the API gives instead of serving a request. */
export class ApiRefusal extends Error {
  readonly status: number;
  readonly code: string | null;
  readonly param: string | null;
  constructor(status: number, message: string, code: string | null = null, param: string | null = null) {
    super(message);
    this.status = status;
    this.code = code;
    this.param = param;
  }
}

const transcriptionModels = /^(gpt-transcribe|gpt-4o-(mini-)?transcribe(-\d{4}-\d{2}-\d{2})?|whisper-1)$/;

/** The endpoint a request is for. @throws ApiRefusal 404 */
export function endpointOf({ method, url }: IncomingMessage): OpenAiEndpoint {
  const endpoint = new Map<string, OpenAiEndpoint>([
    ['POST /v1/responses', 'responses'],
    ['POST /v1/chat/completions', 'chat'],
    ['POST /v1/audio/transcriptions', 'transcriptions'],
  ]).get(`${method} ${url}`);
  if (!endpoint) throw new ApiRefusal(404, `unknown endpoint ${method} ${url}`);
  return endpoint;
}

/** Reads and validates a question. @throws ApiRefusal 400, naming the field */
export async function readQuestion(endpoint: 'responses' | 'chat', raw: Buffer): Promise<ReadRequest> {
  let json: unknown;
  try {
    json = JSON.parse(raw.toString());
  } catch {
    throw new ApiRefusal(400, 'the body is not JSON');
  }
  const parsed = (endpoint === 'responses' ? responsesRequest : chatRequest).safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const code = issue?.code === 'unrecognized_keys' ? 'unknown_parameter' : 'invalid_value';
    throw new ApiRefusal(
      400,
      `${issue?.path.join('.')}: ${issue?.message}`,
      code,
      issue?.path.join('.') ?? null,
    );
  }
  const { question, imageUrls } =
    endpoint === 'responses'
      ? fromResponses(parsed.data as ResponsesRequest)
      : fromChat(parsed.data as ChatRequest);
  const images = await Promise.all(imageUrls.map(decodeImage));
  return { body: json as Record<string, unknown>, question: { ...question, images } };
}

type Unseen = { question: Omit<AskedQuestion, 'images'>; imageUrls: string[] };

function fromResponses(body: ResponsesRequest): Unseen {
  const items = typeof body.input === 'string' ? [{ role: 'user', content: body.input }] : body.input;
  const imageUrls: string[] = [];
  const messages = items.map(({ role, content }) => {
    if (typeof content === 'string') return { role, text: content };
    const texts = content.flatMap((part) => {
      if (part.type === 'input_image' && part.image_url) imageUrls.push(part.image_url);
      return part.type === 'input_text' || part.type === 'output_text' ? part.text : [];
    });
    return { role, text: texts.join('\n\n') };
  });
  return { question: asked(body.model, body.instructions ?? '', messages), imageUrls };
}

function fromChat(body: ChatRequest): Unseen {
  const imageUrls: string[] = [];
  const messages = body.messages.map(({ role, content }) => {
    if (typeof content === 'string' || !content) return { role, text: content ?? '' };
    const texts = content.flatMap((part) => {
      if (part.type === 'image_url') imageUrls.push(part.image_url.url);
      return part.type === 'text' ? part.text : [];
    });
    return { role, text: texts.join('\n\n') };
  });
  const isInstruction = ({ role }: { role: string }) => role === 'system' || role === 'developer';
  const instructions = messages.filter(isInstruction).map(({ text }) => text);
  const rest = messages.filter((message) => !isInstruction(message));
  return { question: asked(body.model, instructions.join('\n\n'), rest), imageUrls };
}

function asked(
  model: string,
  instructions: string,
  messages: { role: string; text: string }[],
): Unseen['question'] {
  return { model, instructions, messages, text: messages.at(-1)?.text ?? '' };
}

async function decodeImage(url: string): Promise<Buffer> {
  const [, type, base64] = /^data:image\/(jpeg|png|webp|gif);base64,([A-Za-z0-9+/]+={0,2})$/.exec(url) ?? [];
  if (!type || !base64) throw new ApiRefusal(400, 'the image is not a data URL', 'invalid_image_url', 'url');
  const bytes = Buffer.from(base64, 'base64');
  const format = await sharp(bytes)
    .metadata()
    .then((facts) => facts.format)
    .catch(() => undefined);
  if (format !== type) throw new ApiRefusal(400, `not a ${type} image`, 'image_parse_error', 'url');
  return bytes;
}

/** Reads and validates an upload. @throws ApiRefusal */
export async function readUpload(request: IncomingMessage, raw: Buffer): Promise<ReadRequest> {
  const type = request.headers['content-type'] ?? '';
  const form = await new Response(new Uint8Array(raw), { headers: { 'content-type': type } })
    .formData()
    .catch(() => {
      throw new ApiRefusal(400, 'the body is not a multipart form');
    });
  const fields = Object.fromEntries([...form].filter(([, value]) => typeof value === 'string'));
  const parsed = transcriptionRequest.safeParse(fields);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new ApiRefusal(
      400,
      `${issue?.path.join('.')}: ${issue?.message}`,
      'invalid_value',
      issue?.path.join('.'),
    );
  }
  const file = form.get('file');
  if (!(file instanceof File)) throw new ApiRefusal(400, 'no file', 'missing_required_parameter', 'file');
  const extension = file.name.split('.').at(-1) ?? '';
  if (!file.name.includes('.') || !soundExtensions.includes(extension)) {
    throw new ApiRefusal(400, `"${file.name}" has no accepted extension`);
  }
  if (file.size > 25 * 1024 * 1024) throw new ApiRefusal(413, 'larger than 25 MB');
  const bytes = Buffer.from(await file.arrayBuffer());
  return { body: fields, sound: { model: parsed.data.model, name: file.name, type: file.type, bytes } };
}

/** What the API refuses although every field is valid by itself. @throws ApiRefusal */
export function check(
  request: IncomingMessage,
  endpoint: OpenAiEndpoint,
  { body, question, sound }: ReadRequest,
  models: readonly string[] | undefined,
): void {
  if (!/^Bearer \S+$/.test(request.headers.authorization ?? '')) {
    throw new ApiRefusal(401, 'no API key', 'invalid_api_key');
  }
  const model = String(body.model);
  if (models && !models.includes(model))
    throw new ApiRefusal(404, `no model ${model}`, 'model_not_found', 'model');
  if (sound) {
    if (sound.bytes.length === 0) throw new ApiRefusal(400, 'the file is empty', 'audio_too_short', 'file');
    if (model.startsWith('gpt-') && !transcriptionModels.test(model)) {
      throw new ApiRefusal(400, `${model} does not transcribe`, 'invalid_value', 'model');
    }
    if (model.startsWith('gpt-') && (body.response_format ?? 'json') !== 'json') {
      throw new ApiRefusal(400, `${model} answers in json only`, 'unsupported_value', 'response_format');
    }
    return;
  }
  const reasoning = body.reasoning as { effort?: string } | undefined;
  const effort = endpoint === 'chat' ? (body.reasoning_effort as string | undefined) : reasoning?.effort;
  const objection = modelObjection(model, body, effort, endpoint === 'chat' ? 'chat' : 'responses');
  if (objection)
    throw new ApiRefusal(400, `${objection.param} with ${model}`, objection.code, objection.param);
  if (question?.messages.at(-1)?.role !== 'user')
    throw new ApiRefusal(400, 'the last message is not the user’s');
}
