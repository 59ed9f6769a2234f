import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { setTimeout as pause } from 'node:timers/promises';

/** What goes wrong with one request for a file. Redirects and statuses happen at the API, bodies at the CDN. */
export type MediaFault =
  | number
  | { readonly status: number; readonly retryAfter?: number | string }
  | { readonly redirectTo: string }
  | 'redirect-loop'
  | 'no-location'
  /** A body without end and without Content-Length. */
  | 'endless'
  /** Content-Length says more than comes, then the connection closes. */
  | 'cut-short'
  /** Content-Length of 10 GB. */
  | 'says-huge'
  /** A byte every 20 ms, for ever. */
  | 'drip'
  /** Never answers. */
  | 'silent'
  /** Closes the connection instead of answering. */
  | 'drop';

/** One file that can be fetched. Faults are used up one per fetch, then the file is served. */
export interface StandInFile {
  readonly bytes: Uint8Array;
  readonly contentType: string;
  readonly faults: MediaFault[];
}

/** Starts a server on a free port of the loopback interface. */
export async function listen(
  handler: (request: IncomingMessage, response: ServerResponse) => void | Promise<void>,
): Promise<{ server: Server; url: string }> {
  const server = createServer((request, response) => {
    Promise.resolve(handler(request, response)).catch((error: unknown) => response.destroy(error as Error));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/** Stops a server and every connection to it. */
export async function close(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}

/** Answers a file's request at the API: an error, or the way to the CDN. */
export function answerMediaRequest(
  response: ServerResponse,
  fault: MediaFault | undefined,
  addresses: { readonly self: string; readonly cdn: string },
) {
  if (typeof fault === 'number') return void response.writeHead(fault).end();
  if (typeof fault === 'object' && 'status' in fault) {
    const headers = fault.retryAfter === undefined ? {} : { 'retry-after': String(fault.retryAfter) };
    return void response.writeHead(fault.status, headers).end();
  }
  if (fault === 'silent') return;
  if (fault === 'drop') return void response.destroy();
  if (fault === 'no-location') return void response.writeHead(307).end();
  const location =
    typeof fault === 'object' ? fault.redirectTo : fault === 'redirect-loop' ? addresses.self : addresses.cdn;
  response.writeHead(307, { location }).end();
}

/** Serves the bytes at the CDN, well or badly. */
export async function serveBytes(
  response: ServerResponse,
  file: StandInFile,
  fault: string | undefined,
): Promise<void> {
  const type = { 'content-type': file.contentType };
  switch (fault) {
    case 'endless':
    case 'drip':
      response.writeHead(200, type);
      // The reader hangs up: that is the point, not a failure.
      return pipeline(bodyWithoutEnd(fault === 'drip'), response).catch(() => {});
    case 'cut-short':
      response.writeHead(200, { ...type, 'content-length': file.bytes.length + 1000 });
      response.write(file.bytes, () => response.destroy());
      return;
    case 'says-huge':
      response.writeHead(200, { ...type, 'content-length': 10_000_000_000 });
      response.write(file.bytes);
      return;
    default:
      response.writeHead(200, { ...type, 'content-length': file.bytes.length }).end(file.bytes);
  }
}

async function* bodyWithoutEnd(slowly: boolean): AsyncGenerator<Buffer> {
  for (;;) {
    yield Buffer.alloc(slowly ? 1 : 65_536, 1);
    await pause(slowly ? 20 : 0);
  }
}
