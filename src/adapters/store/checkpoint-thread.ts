import { parentPort, workerData } from 'node:worker_threads';
import SQLite from 'better-sqlite3';

/** What a checkpoint is answered with: nothing, or why there was none. */
export type CheckpointAnswer = { readonly problem?: { readonly message: string; readonly code: string } };

/** The thread's side of checkpoints: any message asks for one, `close` ends it. */
if (parentPort) {
  const port = parentPort;
  const sqlite = new SQLite((workerData as { file: string }).file, { fileMustExist: true });
  // The main thread may be at it: then this one is not needed.
  sqlite.pragma('busy_timeout = 0');
  port.on('message', (order: 'checkpoint' | 'close') => {
    if (order === 'close') {
      sqlite.close();
      port.close();
      return;
    }
    const answer: CheckpointAnswer = {};
    try {
      // Waits for nobody and stops nobody: what a reader still needs stays for the next time.
      sqlite.pragma('wal_checkpoint(PASSIVE)');
      port.postMessage(answer);
    } catch (error) {
      const { message = '', code = '' } = error as { message?: string; code?: string };
      port.postMessage({ problem: { message, code } } satisfies CheckpointAnswer);
    }
  });
}
