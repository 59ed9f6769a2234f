/** Where people's files live on disk, below the data folder, one folder a person. */
export interface MediaStore {
  /** An absolute path for a new file of this attachment; folders exist afterwards. */
  pathFor(userId: string, attachmentId: string): Promise<string>;
  /** Moves an uploaded file under a name that `open` and the simulator channel understand. */
  resolve(relativePath: string): string;
  /** The stored form of an absolute path: relative to the media folder, so that the data folder can move. */
  relative(absolutePath: string): string;
  remove(relativePath: string): Promise<void>;
}
