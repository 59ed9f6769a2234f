import { describe, expect, it } from 'vitest';
import { type DeliveryState, hasArrived, nextState, type OutboundState } from '#src/domain/delivery.ts';

const reported: readonly DeliveryState[] = ['queued', 'sent', 'delivered', 'read', 'played', 'failed'];

/** From a state, by each report in the order above. */
const table: Readonly<Record<OutboundState, readonly OutboundState[]>> = {
  queued: ['queued', 'sent', 'delivered', 'read', 'played', 'failed'],
  held: ['held', 'sent', 'delivered', 'read', 'played', 'failed'],
  sending: ['sending', 'sent', 'delivered', 'read', 'played', 'failed'],
  sent: ['sent', 'sent', 'delivered', 'read', 'played', 'failed'],
  delivered: ['delivered', 'delivered', 'delivered', 'read', 'played', 'delivered'],
  read: ['read', 'read', 'read', 'read', 'played', 'read'],
  played: ['played', 'played', 'played', 'played', 'played', 'played'],
  // It arrived after all; that it was taken once proves nothing.
  failed: ['failed', 'failed', 'delivered', 'read', 'played', 'failed'],
};

describe('the state of a part', () => {
  it.each(Object.entries(table) as [OutboundState, OutboundState[]][])(
    'goes only forward from %s',
    (current, expected) => {
      expect(reported.map((report) => nextState(current, report))).toEqual(expected);
    },
  );

  it('is the same in the end, whatever order reports come in and however often', () => {
    const fold = (reports: readonly DeliveryState[]) =>
      reports.reduce<OutboundState>((state, report) => nextState(state, report), 'sending');
    for (const order of permutations(reported)) expect(fold(order)).toBe('played');
    for (const order of permutations(['sent', 'failed', 'sent', 'failed'] as const)) {
      expect(fold(order)).toBe('failed');
    }
    for (const order of permutations(['sent', 'failed', 'delivered'] as const)) {
      expect(fold(order)).toBe('delivered');
    }
  });

  it('tells whether the person has it', () => {
    expect((Object.keys(table) as OutboundState[]).filter(hasArrived)).toEqual([
      'delivered',
      'read',
      'played',
    ]);
  });
});

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item, index) =>
    permutations(items.toSpliced(index, 1)).map((rest) => [item, ...rest]),
  );
}
