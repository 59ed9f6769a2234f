/** One process of the product, as the others see it. Times are ISO-8601 UTC. */
export interface WorkerProcess {
  readonly id: string;
  readonly host: string;
  readonly role: string;
  readonly version: string;
  readonly startedAt: string;
  /** Its last sign of life. */
  readonly seenAt: string;
  /** Jobs it was running then; 0 when it is lost. */
  readonly running: number;
  /** It has been silent for so long that it must be gone. */
  readonly isLost: boolean;
}

/** Which processes work on this database. */
export interface WorkerRegistry extends AsyncDisposable {
  /** This process. */
  readonly id: string;
  /** Every process that lives or was lost within the last hour, oldest first. */
  list(): Promise<WorkerProcess[]>;
  /** Stores a sign of life at once. @throws StorageUnavailable when nothing can be stored */
  beat(): Promise<void>;
}
