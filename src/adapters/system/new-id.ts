import { randomFillSync } from 'node:crypto';
import { v7 } from 'uuid';
import type { NewId } from '#src/ports/system.ts';

const bytesPerId = 16;
/** Asking the system for randomness takes longer than all the rest of an id, however little is asked for. */
const pool = new Uint8Array(256 * bytesPerId);
let taken = pool.length;

let lastMs = Number.NEGATIVE_INFINITY;
/** Counts the ids of a millisecond, from somewhere in the lower half of 32 bits. */
let sequence = 0;

/** UUIDv7: sorts by time, and within a millisecond by order of creation in this process. */
export const newUuid: NewId = () => {
  const random = nextRandom();
  const now = Date.now();
  if (now > lastMs) {
    lastMs = now;
    sequence = new DataView(random.buffer, random.byteOffset).getUint32(0) >>> 1;
  } else {
    // A clock that was set back waits for the old time; a full counter borrows from the next millisecond.
    sequence = (sequence + 1) | 0;
    if (sequence === 0) lastMs += 1;
  }
  return v7({ random, msecs: lastMs, seq: sequence });
};

/** Bytes that were used for no other id. */
function nextRandom(): Uint8Array {
  if (taken === pool.length) {
    randomFillSync(pool);
    taken = 0;
  }
  taken += bytesPerId;
  return pool.subarray(taken - bytesPerId, taken);
}
