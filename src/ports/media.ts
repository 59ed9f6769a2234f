import type { FetchedMedia } from './channel.ts';

/** Where people's files live on disk, below the data folder, one folder a person. */
export interface MediaStore {
  /** An absolute path for a new file of this attachment; folders exist afterwards. */
  pathFor(userId: string, attachmentId: string): Promise<string>;
  /** The absolute path of a stored one. @throws RangeError for a path that leads out of the media folder */
  resolve(relativePath: string): string;
  /** The stored form of an absolute path: relative to the media folder, so that the data folder can move. */
  relative(absolutePath: string): string;
  remove(relativePath: string): Promise<void>;
  /** Removes everything of a person. */
  removeAll(userId: string): Promise<void>;
  /** Removes what was last written before the date, whether anybody remembers it or not; how many files. */
  removeWrittenBefore(date: Date): Promise<number>;
}

/** One file to fetch over HTTP, under rules that hold whatever the far end answers. */
export interface FileRequest {
  readonly url: URL;
  /** Value of the Authorization header: for the origin of `url` alone, never sent again once a redirect has left it. */
  readonly authorization?: string | undefined;
  /** Asked for every redirect: where to go for it, or undefined to refuse. */
  readonly follow: (target: URL) => URL | undefined;
  /** Absolute path the file gets; whatever was there is replaced, and nothing is left there after a failure. */
  readonly target: string;
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

/**
 * Fetches a file from a host that is not trusted.
 * @throws MediaUnusable `too_large`, `refused` (an address that must not be asked) or `unavailable` (gone, forbidden, no redirect target)
 * @throws ProviderUnavailable when the host is down, slow, cut the file short, or answers 404, 429 or 5xx
 * @throws the signal's reason when aborted
 */
export type FetchFile = (request: FileRequest) => Promise<FetchedMedia>;
