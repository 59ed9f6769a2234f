/** Where a process is in its life. */
export type Phase = 'starting' | 'ready' | 'closing';

/** Why no traffic should come here now. */
export type NotReady =
  | Exclude<Phase, 'ready'>
  | 'database_down'
  | 'database_not_in_place'
  | 'storage_refuses_writes';

/** What /health/ready answers from. The roof moves the phase; the rest is asked each time. */
export interface Readiness {
  readonly phase: Phase;
  set(phase: Phase): void;
  /** Every reason at once; none means ready. Never throws. */
  reasons(): Promise<readonly NotReady[]>;
}

interface Checks {
  /** False when the database files are no longer where they were. */
  readonly isInPlace: () => boolean;
  /** Asks the database for anything; rejects when it does not answer. */
  readonly read: () => Promise<unknown>;
  /** Stores something small for good; rejects when that cannot be done. */
  readonly write: () => Promise<unknown>;
}

/** Whoever asks has a patience of a few seconds (Kubernetes: one, unless told otherwise); a database that hangs is down. */
const patienceMs = 900;
/** A balancer may ask often: what was found out is good for so long, so that nobody can wear out the disk by asking. */
const keepMs = 2_000;

/** A process that is starting; whoever made it says when that is over. */
export function createReadiness({ isInPlace, read, write }: Checks): Readiness {
  let phase: Phase = 'starting';
  let asked: Promise<readonly NotReady[]> | undefined;
  let goodUntil = 0;

  async function askStorage(): Promise<readonly NotReady[]> {
    if (!isPlaced()) return ['database_not_in_place'];
    // What cannot be written to may still be read, so that the owner sees what is the matter.
    if (await succeeds(write)) return [];
    return (await succeeds(read)) ? ['storage_refuses_writes'] : ['database_down'];
  }

  function isPlaced(): boolean {
    try {
      return isInPlace();
    } catch {
      // The folder itself cannot be looked at.
      return false;
    }
  }

  return {
    get phase() {
      return phase;
    },
    set(next) {
      phase = next;
    },
    async reasons() {
      if (!asked || performance.now() > goodUntil) {
        goodUntil = Number.POSITIVE_INFINITY;
        // From its end: a locked SQLite file holds the whole process up while it is asked.
        asked = askStorage().finally(() => {
          goodUntil = performance.now() + keepMs;
        });
      }
      const storage = await asked;
      return phase === 'ready' ? storage : [phase, ...storage];
    },
  };
}

async function succeeds(ask: () => Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), patienceMs);
  });
  try {
    return await Promise.race([ask().then(() => true), tooLate]);
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
  }
}
