import type { Metrics } from '#src/ports/metrics.ts';
import { codeLabel } from './delivery-codes.ts';
import type { Instruments } from './instruments.ts';

/** Counts what the story tells. */
export function createStoryMetrics(instruments: Instruments): Metrics {
  const { messages, deliveries, reports, turnSeconds, replyWait, stepSeconds } = instruments;
  return {
    judged: ({ channel, type, verdict }) => messages.inc({ channel, kind: type, outcome: verdict }),
    partEnded: ({ channel, state, errorCode }) =>
      deliveries.inc({ channel, state, code: codeLabel(errorCode) }),
    partReported: ({ channel, state, errorCode }) =>
      reports.inc({ channel, state, code: codeLabel(errorCode) }),
    turnEnded({ outcome, sinceArrivalMs, sinceOpenedMs, stepMs }) {
      turnSeconds.observe({ outcome }, sinceOpenedMs / 1000);
      replyWait.observe(sinceArrivalMs / 1000);
      for (const [step, ms] of Object.entries(stepMs)) stepSeconds.observe({ step }, ms / 1000);
    },
  };
}
