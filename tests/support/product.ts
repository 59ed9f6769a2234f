import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The real product in a process of its own, as `npm start` runs it. */
export interface RunningProduct extends AsyncDisposable {
  /** `http://127.0.0.1:12345` */
  readonly url: string;
  /** The printed address of the chat page, with its one-time token outside production. */
  readonly chatUrl: string;
  readonly folder: string;
  readonly process: ChildProcess;
  /** Everything printed so far, for failure messages. */
  output(): string;
  /** Ends it as an operator would (SIGTERM) or as a power cut would (SIGKILL); resolves with the exit code, null after SIGKILL. */
  stop(signal?: 'SIGTERM' | 'SIGKILL'): Promise<number | null>;
}

const root = new URL('../..', import.meta.url).pathname;

/**
 * Starts `node src/main.ts` on a free port with a data folder of its own.
 * @param options.env further variables; nothing of this process's environment but PATH is passed on
 * @param options.folder a folder to keep using, for restarts; otherwise a temporary one, removed at the end
 * @param options.nodeArgs options for Node itself, for instance a module to load first
 */
export async function startProduct(
  options: { env?: Record<string, string>; folder?: string; nodeArgs?: readonly string[] } = {},
): Promise<RunningProduct> {
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'product-')));
  const child = spawn(process.execPath, [...(options.nodeArgs ?? []), 'src/main.ts'], {
    cwd: root,
    env: {
      PATH: process.env.PATH,
      PORT: '0',
      HOST: '127.0.0.1',
      DRAIN_SECONDS: '0',
      DATABASE_URL: `sqlite:///${join(folder, 'bot.db')}`,
      ...options.env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  child.stderr.on('data', (chunk: Buffer) => {
    printed += chunk.toString();
  });
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const chatUrl = await new Promise<string>((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => {
      printed += chunk.toString();
      const address = /(?:Chat page|Health): (\S+)/.exec(printed)?.[1];
      if (address) resolve(address.replace('localhost', '127.0.0.1'));
    });
    child.once('error', reject);
    void exited.then((code) => reject(new Error(`the product ended with ${code}:\n${printed}`)));
  });

  const stop = async (signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM') => {
    if (child.exitCode === null) child.kill(signal);
    return exited;
  };
  return {
    url: new URL(chatUrl).origin,
    chatUrl,
    folder,
    process: child,
    output: () => printed,
    stop,
    async [Symbol.asyncDispose]() {
      await stop();
      if (!options.folder) await rm(folder, { recursive: true, force: true });
    },
  };
}
