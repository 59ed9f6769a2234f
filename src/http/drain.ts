import type { IncomingMessage, ServerResponse } from 'node:http';

/** What is still read of a body that was refused: several times what any route takes. */
const mostBytes = 64 * 1024 * 1024;
const longestMs = 60_000;

/**
 * Takes in the rest of a body that nobody wants, so that its sender gets to read the answer: a socket that is closed while bytes
 * wait in it is reset, and the answer is lost with it. Ends the connection where too much comes, or too slowly. To be called before
 * the answer is written.
 */
export function drain(request: IncomingMessage, response: ServerResponse): void {
  if (request.complete) return;
  const { socket } = request;
  // Node closes with the answer what is not kept alive; here that has to wait for the last byte.
  const closes = !response.shouldKeepAlive;
  response.shouldKeepAlive = true;
  let bytes = 0;
  const timer = setTimeout(() => {
    // The connection may serve another request by then.
    if (!request.complete) socket.destroy();
  }, longestMs);
  timer.unref();
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > mostBytes) socket.destroy();
  });
  const end = () => {
    if (request.complete) clearTimeout(timer);
    if (closes && request.complete && response.writableFinished) socket.end();
  };
  request.once('end', end);
  response.once('finish', end);
}
