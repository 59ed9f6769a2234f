import { Agent, request } from 'undici';
import { networkCode } from '#src/domain/network-failure.ts';
import type { ApiAnswer, ApiRequest } from '#src/ports/exchange.ts';
import { maxAnswerBytes, sendForm } from './upload.ts';

// Idle connections do not keep the process alive, so nobody needs to close this.
const dispatcher = new Agent({
  connect: { timeout: 5_000 },
  allowH2: false,
  // Answers are some kilobytes, a full page of messages or templates under 1 MB.
  maxResponseSize: maxAnswerBytes,
});

/** The exchange itself, on the thread that calls it. */
export async function exchangeHere(
  { url, body, ...rest }: ApiRequest,
  signal: AbortSignal,
): Promise<ApiAnswer> {
  if (body !== null && typeof body !== 'string') return sendForm({ url, ...rest }, body, signal);
  const answer = await request(url, { ...rest, body, dispatcher, signal });
  const { statusCode: status, headers } = answer;
  try {
    return { status, headers, body: await answer.body.text() };
  } catch (error) {
    return { status, headers, body: '', brokenBy: networkCode(error) };
  }
}
