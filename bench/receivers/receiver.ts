import { type ChildProcess, execFileSync, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import SQLite from 'better-sqlite3';

/** Something webhooks are sent to, in a process of its own. */
export interface Receiver extends AsyncDisposable {
  readonly name: string;
  /** `http://127.0.0.1:12345` */
  readonly origin: string;
  /** Messages that it keeps now; undefined for one that keeps nothing. */
  countStored(): Promise<Stored> | undefined;
}

/** Where its messages are. */
export interface Stored {
  /** Ready to be answered. */
  readonly sorted: number;
  /** Safe, but still to be sorted. */
  readonly waiting: number;
}

/** Signs the webhooks of a benchmark. */
export const authToken = 'the-auth-token-of-the-benchmark';
/** The address that is signed, as behind a proxy; webhooks are sent to the receiver's own port. */
export const publicUrl = 'https://bot.example.com';

/** Fastify and @fastify/formbody, doing nothing. */
export async function startBareFastify(): Promise<Receiver> {
  const child = fork(new URL('./bare-fastify.ts', import.meta.url));
  const [{ origin }] = (await once(child, 'message')) as [{ origin: string }];
  return {
    name: 'bare Fastify',
    origin,
    countStored: () => undefined,
    [Symbol.asyncDispose]: () => end(child),
  };
}

/** express, the SDK's middleware and SQLite. */
export async function startExpress(): Promise<Receiver> {
  const folder = await mkdtemp(join(tmpdir(), 'express-'));
  const file = join(folder, 'messages.db');
  const child = fork(new URL('./express-twilio.ts', import.meta.url), [
    file,
    authToken,
    `${publicUrl}/webhook`,
  ]);
  const [{ origin }] = (await once(child, 'message')) as [{ origin: string }];
  return minimalReceiver({ name: 'express + twilio + SQLite', origin, child, folder, file });
}

/** FastAPI, SQLAlchemy and SQLite; undefined where Debian's python3-fastapi, -uvicorn and -sqlalchemy are not installed. */
export async function startFastApi(): Promise<Receiver | undefined> {
  const python = '/usr/bin/python3';
  try {
    execFileSync(python, ['-c', 'import fastapi, uvicorn, sqlalchemy, multipart'], { stdio: 'ignore' });
  } catch {
    return undefined;
  }
  const folder = await mkdtemp(join(tmpdir(), 'fastapi-'));
  const file = join(folder, 'messages.db');
  const script = new URL('./fastapi_receiver.py', import.meta.url).pathname;
  const child = spawn(python, [script, file, authToken, `${publicUrl}/webhook`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const receiver = {
    name: 'FastAPI + SQLAlchemy + SQLite',
    origin: line.toString().trim(),
    child,
    folder,
    file,
  };
  return minimalReceiver(receiver);
}

function minimalReceiver(receiver: {
  name: string;
  origin: string;
  child: ChildProcess;
  folder: string;
  file: string;
}): Receiver {
  const { name, origin, child, folder, file } = receiver;
  return {
    name,
    origin,
    countStored: async () => ({ sorted: countRows(file, 'select count(*) from messages'), waiting: 0 }),
    async [Symbol.asyncDispose]() {
      await end(child);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Asks a SQLite file that another process works on for one number. */
export function countRows(file: string, query: string): number {
  using database = openReadOnly(file);
  return database.ask(query);
}

function openReadOnly(file: string) {
  const database = new SQLite(file, { readonly: true });
  return {
    ask: (query: string) => Number(database.prepare(query).pluck().get()),
    [Symbol.dispose]: () => database.close(),
  };
}

async function end(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}
