import { type ChildProcess, fork } from 'node:child_process';
import { constants, setPriority } from 'node:os';
import type { ChildJobName, ChildJobs, FromChild, ToChild } from './child-messages.ts';
import { residentBytes, watchResidentMemory } from './resident-memory.ts';

/** How a job ended. `died` is a crash of the child, `not_started` means the job never ran. */
export type JobEnd<Name extends ChildJobName> =
  | { readonly kind: 'done'; readonly result: ChildJobs[Name]['result'] }
  | Extract<FromChild, { kind: 'failed' }>
  | { readonly kind: 'stopped'; readonly by: 'time_limit' | 'memory_limit' }
  | { readonly kind: 'died' }
  | { readonly kind: 'not_started' };

/** What a job may take, counted from the moment the child begins with it. */
export interface JobOptions<Name extends ChildJobName> {
  readonly timeoutMs: number;
  readonly maxResidentBytes: number;
  readonly signal: AbortSignal;
  readonly onPart?: (part: ChildJobs[Name]['part']) => void;
}

/** One process that reads one file at a time. */
export interface ReaderChild {
  readonly jobsDone: number;
  /** False once the process has ended or been told to. */
  readonly alive: boolean;
  residentBytes(): number | undefined;
  /** Never rejects for what a file does; rejects with the signal's reason after an abort, when the process is gone. */
  run<Name extends ChildJobName>(
    name: Name,
    request: ChildJobs[Name]['request'],
    options: JobOptions<Name>,
  ): Promise<JobEnd<Name>>;
  /** Kills the process; resolves when it is gone. */
  kill(): Promise<void>;
}

/** A small machine under load needs a few seconds to start Node; a child that takes longer than this never will. */
const startTimeoutMs = 15_000;
/** The rest of the resident limit is for native code: Node itself takes 50 MB, Skia and pdf.js 60 MB. */
const heapMb = 256;

/** Starts a child. It inherits no environment, so no secret can be read out of it. */
export function forkReaderChild(options: { warm: boolean }): ReaderChild {
  const child = fork(new URL('./child/main.ts', import.meta.url), [], {
    execArgv: [`--max-old-space-size=${heapMb}`],
    env: {},
    serialization: 'advanced',
    // pdf.js warns about a document's content on the console: people's text does not belong in our output.
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  lowerPriority(child);
  const gone = whenGone(child);
  let alive = true;
  let jobsDone = 0;
  gone.then(() => {
    alive = false;
  });
  if (options.warm) send(child, { kind: 'warm' });

  const kill = async (): Promise<void> => {
    alive = false;
    child.kill('SIGKILL');
    await gone;
  };

  return {
    get jobsDone() {
      return jobsDone;
    },
    get alive() {
      return alive;
    },
    residentBytes: () => (child.pid === undefined ? undefined : residentBytes(child.pid)),
    kill,
    async run(name, request, { timeoutMs, maxResidentBytes, signal, onPart }) {
      type End = JobEnd<typeof name>;
      signal.throwIfAborted();
      const { promise: answered, resolve: answer } = Promise.withResolvers<End>();
      let stoppedBy: 'time_limit' | 'memory_limit' | undefined;
      let started = false;
      let watch: { stop(): void } | undefined;
      const stop = (by: 'time_limit' | 'memory_limit'): void => {
        stoppedBy ??= by;
        kill();
      };
      let timer = setTimeout(kill, startTimeoutMs);
      const onMessage = (message: unknown): void => {
        const news = message as FromChild;
        if (news.kind === 'started') {
          started = true;
          clearTimeout(timer);
          timer = setTimeout(() => stop('time_limit'), timeoutMs);
          if (child.pid !== undefined) {
            watch = watchResidentMemory(
              child.pid,
              (bytes) => bytes > maxResidentBytes && stop('memory_limit'),
            );
          }
        } else if (news.kind === 'part') onPart?.(news.part as ChildJobs[typeof name]['part']);
        else answer(news as End);
      };
      child.on('message', onMessage);
      signal.addEventListener('abort', kill, { once: true });
      gone.then((exitSignal) => {
        if (stoppedBy) answer({ kind: 'stopped', by: stoppedBy });
        else if (!started) answer({ kind: 'not_started' });
        // V8 aborts when its heap is full, and a SIGKILL that is not ours comes from the kernel's out-of-memory killer.
        else if (exitSignal === 'SIGABRT' || exitSignal === 'SIGKILL')
          answer({ kind: 'stopped', by: 'memory_limit' });
        else answer({ kind: 'died' });
      });
      try {
        if (alive) send(child, { kind: 'job', name, request });
        const end = await answered;
        signal.throwIfAborted();
        jobsDone++;
        return end;
      } finally {
        clearTimeout(timer);
        watch?.stop();
        signal.removeEventListener('abort', kill);
        child.off('message', onMessage);
      }
    },
  };
}

/**
 * From its first instruction on, while it has one thread: starting Node takes a tenth of a second of processor time. It is nice 19 and
 * not Linux' class "idle", under which twenty pages take 19 s instead of 3 beside a busy processor, and 20 s are the limit.
 */
function lowerPriority({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) setPriority(pid, constants.priority.PRIORITY_LOW);
  } catch {
    // It has ended already, or a sandbox forbids it.
  }
}

/** Resolves with the ending signal once the process has ended *and* everything it sent has been received. */
function whenGone(child: ChildProcess): Promise<NodeJS.Signals | null> {
  const ended = new Promise<NodeJS.Signals | null>((resolve) => {
    child.once('exit', (_code, signal) => resolve(signal));
    // Emitted instead of `exit` when the process could not be started; a failed `send` also lands here, and `exit` follows.
    child.on('error', () => child.pid === undefined && resolve(null));
  });
  const drained = new Promise<void>((resolve) => {
    if (child.connected) child.once('disconnect', resolve);
    else resolve();
  });
  return Promise.all([ended, drained]).then(([signal]) => signal);
}

function send(child: ChildProcess, message: ToChild): void {
  // A message that cannot be delivered means that the process is ending, which `whenGone` reports.
  child.send(message, () => {});
}
