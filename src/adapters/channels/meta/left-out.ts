import type { Log } from '#src/ports/system.ts';
import { safeName } from '../fields.ts';

/** Why an update of a webhook became nothing. The first are as they should be; the others somebody should look at. */
export type LeftOutReason =
  | 'echo'
  | 'group'
  | 'standby'
  | 'other_field'
  | 'no_message'
  | 'unknown_state'
  | 'repeated'
  | 'other_number'
  | 'other_object'
  | 'malformed'
  | 'no_sender'
  | 'failed';

/** An update that became nothing. */
export interface LeftOut {
  readonly leftOut: LeftOutReason;
  /** Meta's name of what it was. */
  readonly what: string;
}

const expected: readonly LeftOutReason[] = [
  'echo',
  'group',
  'standby',
  'other_field',
  'no_message',
  'unknown_state',
  'repeated',
];

/** Different lines a webhook may add to the log; a hostile one could have thousands. */
const maxKinds = 20;

/** Counts what a webhook holds that nobody will hear of, for one line in the log: reasons and types, nothing of a person. */
export function createLeftOuts(log: Log) {
  const counts = new Map<string, number>();
  let isOdd = false;
  let fault: string | undefined;

  return {
    add({ leftOut, what }: LeftOut): void {
      const name = `${leftOut}:${safeName(what)}`;
      const kind = counts.has(name) || counts.size < maxKinds ? name : `${leftOut}:others`;
      counts.set(kind, (counts.get(kind) ?? 0) + 1);
      isOdd ||= !expected.includes(leftOut);
    },

    /** A fault of ours: the first one's place. Its words could hold a person's. */
    blame(error: unknown): void {
      const place = error instanceof Error && /at .*?([\w-]+\.ts:\d+)/.exec(error.stack ?? '')?.[1];
      fault ??= `${error instanceof Error ? error.name : 'thrown'} ${place || 'somewhere'}`;
    },

    tell(): void {
      if (counts.size === 0) return;
      const facts = { channel: 'meta', leftOut: Object.fromEntries(counts), fault };
      if (fault) log.error(facts, 'updates of a webhook could not be read');
      else if (isOdd) log.warn(facts, 'updates of a webhook could not be used');
      else log.info(facts, 'updates of a webhook were left out');
    },
  };
}

export type LeftOuts = ReturnType<typeof createLeftOuts>;
