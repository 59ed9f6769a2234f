import { v7 } from 'uuid';
import type { NewId } from '#src/ports/system.ts';

/** UUIDv7: sorts by time, and within a millisecond by order of creation in this process. */
export const newUuid: NewId = () => v7();
