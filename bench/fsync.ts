import { closeSync, fsyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * What making a write durable costs on this disk, in milliseconds: the median of 50 times 4 KB. A result near zero means that the
 * disk, or the machine around it, does not really wait, and that a durable benchmark on it flatters.
 */
export function measureFsyncMs(): number {
  const folder = mkdtempSync(join(tmpdir(), 'fsync-'));
  const file = openSync(join(folder, 'file'), 'w');
  try {
    const block = Buffer.alloc(4096);
    const timesMs = Array.from({ length: 50 }, () => {
      writeSync(file, block);
      const startedAt = performance.now();
      fsyncSync(file);
      return performance.now() - startedAt;
    });
    return timesMs.toSorted((one, other) => one - other)[25] ?? Number.NaN;
  } finally {
    closeSync(file);
    rmSync(folder, { recursive: true });
  }
}
