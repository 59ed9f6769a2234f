import type { Clock } from '#src/ports/system.ts';

/** The machine's own time. */
export const systemClock: Clock = { now: () => new Date() };
