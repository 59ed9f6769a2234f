import { performance } from 'node:perf_hooks';

/** A measure of how busy this process is: each call gives the share of the time since the last one that it worked, 0 to 1. */
export function createBusyShare(): () => number {
  let last = performance.eventLoopUtilization();
  return () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, last);
    last = now;
    return utilization;
  };
}
