import { parentPort, workerData } from 'node:worker_threads';
import SQLite from 'better-sqlite3';
import { type ArrivalFile, createArrivalFile } from './arrival-file.ts';

/** What the log's thread is asked: a method of the file, with its arguments. */
export type ArrivalOrder = {
  [Name in keyof ArrivalFile]: { readonly name: Name; readonly args: Parameters<ArrivalFile[Name]> };
}[keyof ArrivalFile];

/** What it answers, one answer an order, in their order. */
export type ArrivalAnswer =
  | { readonly result: unknown }
  | { readonly problem: { readonly message: string; readonly code: string } };

/** The thread's side of the arrival log; its first message says that the file is open. */
if (parentPort) {
  const port = parentPort;
  const answer = (work: () => unknown): void => {
    let given: ArrivalAnswer;
    try {
      given = { result: work() };
    } catch (error) {
      const { message = '', code = '' } = error as { message?: string; code?: string };
      given = { problem: { message, code } };
    }
    port.postMessage(given);
  };
  let sqlite: SQLite.Database | undefined;
  let file: ArrivalFile | undefined;
  answer(() => {
    sqlite = new SQLite((workerData as { file: string }).file);
    file = createArrivalFile(sqlite);
  });
  port.on('message', (order: ArrivalOrder | 'close') => {
    if (order === 'close') {
      sqlite?.close();
      port.close();
      return;
    }
    answer(() => {
      if (!file) throw new Error('the arrival log is not open');
      return (file[order.name] as (...args: unknown[]) => unknown)(...order.args);
    });
  });
}
