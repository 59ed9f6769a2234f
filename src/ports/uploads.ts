import type { ChannelName } from '#src/domain/identity.ts';

/** A file of ours that a provider keeps. */
export interface Upload {
  readonly channel: ChannelName;
  /** What gets the file there. */
  readonly ref: string;
}

/** What providers keep of the files that parts carried, so that they can be told to delete it. */
export interface UploadStore {
  /** Notes that a part's file was uploaded; each time counts. False when the part is gone. */
  note(partId: string, upload: Upload): Promise<boolean>;
  /** Files that were uploaded before a time, the oldest first; `after` an id, if given. */
  olderThan(
    before: Date,
    options: { after: string; limit: number },
  ): Promise<readonly (Upload & { readonly id: string })[]>;
  /** Notes that providers have deleted these. */
  deleted(ids: readonly string[]): Promise<void>;
}
