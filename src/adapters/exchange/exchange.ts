import { Agent, request } from 'undici';
import { networkCode } from './network-failure.ts';
import { sendForm, type UploadForm } from './upload.ts';

/** A request to a vendor's API, whole. */
export interface ApiRequest {
  readonly url: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly headers: Readonly<Record<string, string>>;
  /** Text, or a form with a file. */
  readonly body: string | UploadForm | null;
}

/** What was answered, whole, or up to where the connection broke. */
export interface ApiAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
  /** The code of what broke the body off; what arrived of it is lost then. The status stands all the same. */
  readonly brokenBy?: string;
}

/**
 * Sends one request and reads its answer to the end; the signal covers both. No redirects, no retries.
 * @throws the signal's reason, or an error with the network's `code`, when no answer began to arrive
 */
export type Exchange = (request: ApiRequest, signal: AbortSignal) => Promise<ApiAnswer>;

// Idle connections do not keep the process alive, so nobody needs to close this.
const dispatcher = new Agent({
  connect: { timeout: 5_000 },
  allowH2: false,
  // Answers are some kilobytes, a full page of messages or templates under 1 MB.
  maxResponseSize: 4 * 1024 * 1024,
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
