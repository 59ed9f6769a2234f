import { readdirSync, writeFileSync } from 'node:fs';
import { platform, setPriority } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { type MediaProblem, MediaUnusable } from '#src/domain/errors.ts';
import type { ChildJobName, ChildJobs, FromChild, Report, ToChild } from '../child-messages.ts';

/**
 * A process that reads one hostile file at a time. It may crash, hang or eat memory: the parent watches from outside and
 * replaces it. Each job loads its own library when first needed, so that a photo does not wait for the PDF reader.
 */
const jobs: {
  [Name in ChildJobName]: (
    request: ChildJobs[Name]['request'],
    report: Report<Name>,
  ) => Promise<ChildJobs[Name]['result']>;
} = {
  'read-pdf': async (...job) => (await import('./read-pdf.ts')).readPdf(...job),
  'render-pdf': async (...job) => (await import('./render-pdf.ts')).renderPdf(...job),
  'read-document': async (...job) => (await import('./read-document.ts')).readDocument(...job),
  'prepare-image': async (request) => (await import('./prepare-image.ts')).prepareImage(request),
  'inspect-audio': async (...job) => (await import('./inspect-audio.ts')).inspectAudio(...job),
};

/** How long a job may still run after a stray rejection, each sign of progress starting the time anew. */
const strayGraceMs = 2000;
/** A stray rejection of the present job, and when the job last showed progress. */
let stray: { errorName: string } | undefined;
let progressAt = 0;

giveWay();
process.on('message', (message: ToChild) => {
  if (message.kind === 'warm') void warmUp();
  else void run(message.name, message.request);
});
// The parent is gone: nobody is left to read for.
process.on('disconnect', () => process.exit(0));
// pdf.js rejects promises nobody awaits. Most are harmless and the text is still on its way; where the job itself hangs on
// one it would wait for ever, so it ends when no page has come for a moment.
process.on('unhandledRejection', (reason) => {
  stray = { errorName: nameOf(reason) };
  void endWhenStuck(stray);
});
process.on('uncaughtException', (error) => {
  void endWithFailure('damaged', nameOf(error));
});

async function warmUp(): Promise<void> {
  try {
    await (await import('./open-pdf.ts')).loadPdfParse();
  } catch {
    // The first PDF meets the same error and reports it; until then, photos and sound can be read.
  }
}

async function run<Name extends ChildJobName>(
  name: Name,
  request: ChildJobs[ChildJobName]['request'],
): Promise<void> {
  stray = undefined;
  progressAt = performance.now();
  await tell({ kind: 'started' });
  try {
    const result = await jobs[name](request as ChildJobs[Name]['request'], async (part) => {
      progressAt = performance.now();
      await tell({ kind: 'part', part });
      // pdf.js goes from page to page in microtasks; without a turn of the event loop nothing sent would leave.
      await new Promise(setImmediate);
    });
    await tell({ kind: 'done', result });
  } catch (error) {
    const detail = error instanceof MediaUnusable ? error.detail : undefined;
    await tell({ kind: 'failed', problem: problemOf(error), errorName: nameOf(error), detail });
  }
  // What a stray rejection left behind is unknown: the next file gets a fresh process.
  if (stray) process.exit(0);
}

async function endWhenStuck(mine: object): Promise<void> {
  const quietMs = (): number => performance.now() - progressAt;
  progressAt = performance.now();
  while (stray === mine && quietMs() < strayGraceMs) await sleep(strayGraceMs - quietMs() + 1);
  if (stray === mine) await endWithFailure('damaged', stray.errorName);
}

async function endWithFailure(problem: MediaProblem, errorName: string): Promise<void> {
  await tell({ kind: 'failed', problem, errorName, detail: undefined });
  process.exit(1);
}

function problemOf(error: unknown): MediaProblem {
  if (error instanceof MediaUnusable) return error.problem;
  // Too deep for the stack or too large for an array.
  if (error instanceof RangeError) return 'too_complex';
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return 'unavailable';
  return 'damaged';
}

/** Resolves once the message is with the operating system, so that it outlives this process. */
function tell(message: FromChild): Promise<void> {
  return new Promise((resolve) => {
    if (!process.connected || !process.send) resolve();
    // An undeliverable message means that the parent is gone, and `disconnect` ends this process.
    else process.send(message, undefined, {}, () => resolve());
  });
}

function nameOf(error: unknown): string {
  return error instanceof MediaUnusable && error.cause instanceof Error
    ? error.cause.name
    : error instanceof Error
      ? error.name
      : typeof error;
}

/** The webhook's process goes first: for the processor, and when the system runs out of memory this one is killed. */
function giveWay(): void {
  try {
    if (platform() === 'linux') {
      // Priority is per thread on Linux; threads started later inherit the main thread's.
      for (const thread of readdirSync('/proc/self/task')) setPriority(Number(thread), 19);
      writeFileSync('/proc/self/oom_score_adj', '1000');
    } else setPriority(19);
  } catch {
    // A sandbox may forbid it. Reading works all the same, only less politely.
  }
}
