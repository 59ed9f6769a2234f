import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { platform } from 'node:os';

/** Linux answers from memory in some 20 µs; elsewhere `ps` has to be started, so it is asked less often. */
const everyMs = platform() === 'linux' ? 50 : 250;

/** Calls `onSample` with a process's resident bytes until `stop` is called or the process is gone. */
export function watchResidentMemory(pid: number, onSample: (bytes: number) => void): { stop(): void } {
  const timer = setInterval(() => sample(pid, onSample), everyMs);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}

/** Resident bytes of a process now; undefined when it is gone or the system has no /proc. */
export function residentBytes(pid: number): number | undefined {
  try {
    // `status` says kB whatever the page size is; `statm` counts pages of 4, 16 or 64 kB.
    const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
  } catch {
    // The process ended between two samples, or this is no Linux: both mean "not known", which callers handle.
    return undefined;
  }
}

function sample(pid: number, onSample: (bytes: number) => void): void {
  if (platform() === 'linux') {
    const bytes = residentBytes(pid);
    if (bytes !== undefined) onSample(bytes);
    return;
  }
  execFile('ps', ['-o', 'rss=', '-p', String(pid)], (error, stdout) => {
    const kilobytes = Number(stdout);
    if (!error && kilobytes > 0) onSample(kilobytes * 1024);
  });
}
