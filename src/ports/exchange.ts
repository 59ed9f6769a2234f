/** A multipart form with one file, which is read from disk while it is sent. */
export interface UploadForm {
  readonly fields: Readonly<Record<string, string>>;
  /** The name of the field that holds the file, which comes last. */
  readonly fileField: string;
  readonly path: string;
  readonly fileName: string;
  readonly mimeType: string;
}

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
