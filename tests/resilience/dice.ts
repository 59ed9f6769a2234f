/** Chance that can be repeated: the same seed gives the same numbers. */
export interface Dice {
  readonly seed: number;
  /** 0 ≤ x < 1 */
  roll(): number;
  /** A whole number, both ends included. */
  between(from: number, to: number): number;
  /** One of several. @throws when there are none */
  pick<T>(from: readonly T[]): T;
}

/** Creates dice; mulberry32, which is small and good enough to choose moments. */
export function createDice(seed: number): Dice {
  let state = seed >>> 0;
  const roll = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    seed,
    roll,
    between: (from, to) => from + Math.floor(roll() * (to - from + 1)),
    pick(from) {
      const picked = from[Math.floor(roll() * from.length)];
      if (picked === undefined) throw new Error('there is nothing to pick from');
      return picked;
    },
  };
}
