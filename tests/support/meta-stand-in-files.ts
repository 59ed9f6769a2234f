import { createHash, randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { answerFault, answerJson, type MetaFault, metaFault } from './meta-answers.ts';
import { checkAgainstDocument } from './meta-openapi.ts';
import { newMediaId } from './meta-webhook.ts';
import { answerMediaRequest, close, listen, type MediaFault, serveBytes } from './twilio-stand-in-media.ts';

/** A file that was uploaded to the stand-in. */
export interface UploadedFile {
  readonly id: string;
  readonly bytes: Uint8Array;
  readonly mimeType: string;
  readonly fileName: string;
}

interface KeptFile {
  readonly bytes: Uint8Array;
  readonly contentType: string;
  readonly faults: MediaFault[];
}

/** How long Meta's links work. */
const linkMs = 5 * 60_000;

const document = 'application/vnd.openxmlformats-officedocument';
const megabyte = 1024 * 1024;
/** What may be uploaded, and how large. */
const uploads: readonly (readonly [RegExp, number])[] = [
  [/^image\/(?:jpeg|png)$/, 5 * megabyte],
  [/^image\/webp$/, 500 * 1024],
  [/^(?:audio\/(?:aac|amr|mpeg|mp4|ogg|opus)|video\/(?:mp4|3gpp))$/, 16 * megabyte],
  [/^(?:text\/plain|application\/(?:pdf|msword|vnd\.ms-excel|vnd\.ms-powerpoint))$/, 100 * megabyte],
  [new RegExp(`^${document}\\.(?:wordprocessingml|spreadsheetml|presentationml)\\.`), 100 * megabyte],
];

/** Meta's files: ids at the API, links of five minutes at a file server that wants the token, bytes at a CDN that must not get it. */
export interface MetaFiles extends AsyncDisposable {
  /** Where links lead to, and where they redirect to. */
  readonly origins: readonly [string, string];
  readonly uploaded: readonly UploadedFile[];
  readonly deleted: readonly string[];
  /** Links that were asked for, and requests for the files behind them. */
  readonly counts: { links: number; files: number };
  has(id: string): boolean;
  add(bytes: Uint8Array, contentType: string, faults: readonly MediaFault[]): string;
  /** Ends every link given so far. */
  expireLinks(): void;
  nextLinks(faults: readonly (MetaFault | { readonly link: string })[]): void;
  answerLink(id: string, response: ServerResponse): void;
  answerDelete(id: string, response: ServerResponse): void;
  answerUpload(request: IncomingMessage, body: Buffer, response: ServerResponse): Promise<void>;
}

export async function openMetaFiles(deps: {
  readonly authorization: string;
  readonly problems: string[];
}): Promise<MetaFiles> {
  const { authorization, problems } = deps;
  const files = new Map<string, KeptFile>();
  const links = new Map<string, { id: string; expiresAt: number }>();
  const bodyFaults = new Map<string, string>();
  const linkFaults: (MetaFault | { readonly link: string })[] = [];
  const uploaded: UploadedFile[] = [];
  const deleted: string[] = [];
  const counts = { links: 0, files: 0 };

  const cdn = await listen(async (request, response) => {
    if (request.headers.authorization !== undefined) problems.push('the token was sent to the CDN');
    const id = (request.url ?? '').replace('/v/', '');
    const file = files.get(id);
    if (!file) return void response.writeHead(404).end();
    const fault = bodyFaults.get(id);
    bodyFaults.delete(id);
    await serveBytes(response, { ...file, faults: [] }, fault);
  });

  const attachments = await listen((request, response) => {
    counts.files += 1;
    const query = new URL(request.url ?? '', 'http://stand-in').searchParams;
    const link = links.get(query.get('hash') ?? '');
    if (request.headers.authorization !== authorization) {
      problems.push('a file was asked for without the token');
      return void response.writeHead(401).end();
    }
    const file = files.get(link?.id ?? '');
    if (!link || !file || link.expiresAt <= Date.now()) return void response.writeHead(404).end();
    // A loop has no end of its own: the fault stays.
    const fault = file.faults[0] === 'redirect-loop' ? file.faults[0] : file.faults.shift();
    if (['endless', 'cut-short', 'says-huge', 'drip'].includes(String(fault)))
      bodyFaults.set(link.id, String(fault));
    answerMediaRequest(response, fault, { self: request.url ?? '', cdn: `${cdn.url}/v/${link.id}` });
  });

  function keep(bytes: Uint8Array, contentType: string, faults: readonly MediaFault[] = []): string {
    const id = newMediaId();
    files.set(id, { bytes, contentType, faults: [...faults] });
    return id;
  }

  return {
    origins: [attachments.url, cdn.url],
    uploaded,
    deleted,
    counts,
    has: (id) => files.has(id),
    add: keep,
    expireLinks: () => {
      for (const link of links.values()) link.expiresAt = 0;
    },
    nextLinks: (faults) => void linkFaults.push(...faults),

    answerLink(id, response) {
      counts.links += 1;
      const fault = linkFaults.shift();
      if (fault && 'status' in fault) return answerFault(response, fault);
      const file = files.get(id);
      if (!file) return answerFault(response, metaFault(100, { subcode: 33, details: 'No such object' }));
      const hash = randomBytes(12).toString('hex');
      const expiresAt = Date.now() + linkMs;
      links.set(hash, { id, expiresAt });
      const path = `/whatsapp_business/attachments/?mid=${id}&ext=${Math.floor(expiresAt / 1000)}&hash=${hash}`;
      answerJson(response, 200, {
        url: fault?.link ?? attachments.url + path,
        mime_type: file.contentType,
        sha256: createHash('sha256').update(file.bytes).digest('hex'),
        file_size: String(file.bytes.length),
        id,
        messaging_product: 'whatsapp',
      });
    },

    answerDelete(id, response) {
      if (!files.delete(id)) {
        return answerFault(response, metaFault(100, { subcode: 33, details: 'No such object' }));
      }
      deleted.push(id);
      answerJson(response, 200, { success: true });
    },

    async answerUpload(request, body, response) {
      const type = request.headers['content-type'] ?? '';
      if (request.headers['content-length'] === undefined) problems.push('an upload without Content-Length');
      const form = await new Response(new Uint8Array(body), { headers: { 'content-type': type } })
        .formData()
        .catch(() => new FormData());
      const file = form.get('file');
      const refuse = (details: string) => {
        problems.push(`an upload: ${details}`);
        answerFault(response, metaFault(100, { details }));
      };
      if (form.get('messaging_product') !== 'whatsapp') return refuse('messaging_product is required');
      if (!(file instanceof File)) return refuse('file is required');
      if (form.get('type') !== file.type) return refuse('type and the type of the file differ');
      const most = uploads.find(([pattern]) => pattern.test(file.type))?.[1];
      if (most === undefined) return refuse(`Param file must be a file with one of the known types`);
      if (file.size === 0 || file.size > most) return refuse('the size of the file');
      const unlike = checkAgainstDocument('upload', fieldsOf(form));
      if (unlike) return refuse(String(unlike.details));
      const bytes = new Uint8Array(await file.arrayBuffer());
      const id = keep(bytes, file.type);
      uploaded.push({ id, bytes, mimeType: file.type, fileName: file.name });
      answerJson(response, 200, { id });
    },

    async [Symbol.asyncDispose]() {
      await Promise.all([close(attachments.server), close(cdn.server)]);
    },
  };
}

/** The fields as JSON, for a schema: files are texts there, and a field that comes twice is a list. */
function fieldsOf(form: FormData): Record<string, unknown> {
  const named = [...form.keys()].map((name) => {
    const values = form.getAll(name).map((value) => (value instanceof File ? value.name : value));
    return [name, values.length === 1 ? values[0] : values];
  });
  return Object.fromEntries(named);
}
