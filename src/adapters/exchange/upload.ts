import { randomUUID } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { type ClientRequest, type IncomingMessage, request as plain } from 'node:http';
import { request as secure } from 'node:https';
import { networkCode } from '#src/domain/network-failure.ts';
import type { ApiAnswer, ApiRequest, UploadForm } from '#src/ports/exchange.ts';

/** Answers are some kilobytes. As much as undici is told for everything else. */
export const maxAnswerBytes = 4 * 1024 * 1024;
/** Large enough that 16 MB are 64 pieces of work, small enough that a webhook hardly waits for one. */
const pieceBytes = 256 * 1024;

/**
 * Sends a form and takes its answer. All of the file goes through one buffer: sent by Node's own fetch, 16 MB leave 50 MB of buffers
 * behind, which V8 answers with collections of the whole heap.
 * @throws the file's error when it cannot be read, else as an exchange
 */
export async function sendForm(
  { url, method, headers }: Pick<ApiRequest, 'url' | 'method' | 'headers'>,
  form: UploadForm,
  signal: AbortSignal,
): Promise<ApiAnswer> {
  const file = await open(form.path);
  try {
    const { size } = await file.stat();
    const { head, tail, contentType } = frame(form);
    const address = new URL(url);
    const request = (address.protocol === 'https:' ? secure : plain)(address, {
      method,
      headers: {
        ...headers,
        'content-type': contentType,
        'content-length': head.length + size + tail.length,
      },
      signal,
    });
    try {
      return await answerTo(request, () => send(request, [head, tail], { file, size }));
    } finally {
      // A connection on which half a form was sent is good for nothing.
      if (!request.writableFinished) request.destroy();
    }
  } finally {
    await file.close();
  }
}

/**
 * Sends and takes the answer, which may come before everything is sent: a server need not read what it refuses. If it closes the
 * connection at once, the answer may be lost with it.
 */
async function answerTo(request: ClientRequest, sendAll: () => Promise<void>): Promise<ApiAnswer> {
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    request.once('response', resolve);
    request.on('error', reject);
  });
  // What goes wrong with sending is the connection's error, or does not matter because the answer is there.
  sendAll().catch((error: Error) => request.destroy(error));
  const answer = await answered;
  const { statusCode: status = 0, headers } = answer;
  try {
    return { status, headers, body: await textOf(answer) };
  } catch (error) {
    return { status, headers, body: '', brokenBy: networkCode(error) };
  }
}

async function textOf(answer: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of answer as AsyncIterable<Buffer>) {
    bytes += piece.length;
    // Leaving the loop destroys the answer and its connection.
    if (bytes > maxAnswerBytes)
      throw Object.assign(new Error('the answer is too large'), { code: 'UND_ERR_RES_EXCEEDED_MAX_SIZE' });
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString();
}

async function send(
  request: ClientRequest,
  [head, tail]: readonly [Buffer, Buffer],
  { file, size }: { file: FileHandle; size: number },
): Promise<void> {
  // Resolves when the operating system has the bytes: until then the buffer must not change.
  const write = (bytes: Uint8Array) =>
    new Promise<void>((resolve, reject) => {
      request.write(bytes, (error) => (error ? reject(error) : resolve()));
    });
  await write(head);
  const piece = Buffer.allocUnsafeSlow(Math.min(pieceBytes, size));
  for (let sent = 0; sent < size; ) {
    const { bytesRead } = await file.read(piece, 0, Math.min(piece.length, size - sent), sent);
    if (bytesRead === 0) throw new Error('the file became shorter while it was sent');
    await write(piece.subarray(0, bytesRead));
    sent += bytesRead;
  }
  request.end(tail);
}

/** A name must not end its own quotation; as browsers write it (https://html.spec.whatwg.org/#multipart-form-data). */
function quoted(name: string): string {
  return `"${name.replaceAll('\n', '%0A').replaceAll('\r', '%0D').replaceAll('"', '%22')}"`;
}

/** What stands before and after the file's bytes (RFC 7578). */
function frame({ fields, fileField, fileName, mimeType }: UploadForm): {
  head: Buffer;
  tail: Buffer;
  contentType: string;
} {
  const boundary = `form-${randomUUID()}`;
  const parts = Object.entries(fields).map(
    ([name, value]) => `--${boundary}\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  );
  const filePart = `--${boundary}\r\ncontent-disposition: form-data; name="${fileField}"; filename=${quoted(fileName)}\r\ncontent-type: ${mimeType}\r\n\r\n`;
  return {
    head: Buffer.from(parts.join('') + filePart),
    tail: Buffer.from(`\r\n--${boundary}--\r\n`),
    contentType: `multipart/form-data; boundary=${boundary}`,
  };
}
