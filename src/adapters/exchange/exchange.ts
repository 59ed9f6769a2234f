import { Agent, type FormData, request } from 'undici';
import { networkCode } from './network-failure.ts';

/** A request to a vendor's API, whole. */
export interface ApiRequest {
  readonly url: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
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

/** The exchange itself, on the thread that calls it. Forms with files cannot go anywhere else. */
export async function exchangeHere(
  { url, ...rest }: Omit<ApiRequest, 'body'> & { readonly body: string | FormData | null },
  signal: AbortSignal,
): Promise<ApiAnswer> {
  const answer = await request(url, { ...rest, dispatcher, signal });
  const { statusCode: status, headers } = answer;
  try {
    return { status, headers, body: await answer.body.text() };
  } catch (error) {
    return { status, headers, body: '', brokenBy: networkCode(error) };
  }
}
