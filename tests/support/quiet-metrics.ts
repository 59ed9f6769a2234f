import type { Metrics } from '#src/ports/metrics.ts';

/** Metrics that keep what they are told, so that tests can look at it. */
export interface QuietMetrics extends Metrics {
  readonly told: { readonly what: keyof Metrics; readonly facts: object }[];
}

export function createQuietMetrics(): QuietMetrics {
  const told: QuietMetrics['told'] = [];
  const keep = (what: keyof Metrics) => (facts: object) => {
    told.push({ what, facts });
  };
  return {
    told,
    judged: keep('judged'),
    partEnded: keep('partEnded'),
    partReported: keep('partReported'),
    turnEnded: keep('turnEnded'),
  };
}
