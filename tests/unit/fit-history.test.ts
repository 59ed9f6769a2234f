import { describe, expect, it } from 'vitest';
import { type FittedHistory, fitHistory, mostMessages } from '#src/bot/fit-history.ts';
import { estimateTokens } from '#src/bot/passages/estimate-tokens.ts';
import type { PastMessage } from '#src/ports/stores.ts';

/** A conversation that is stored as the product stores it. */
function conversation(atLeast: number) {
  const stored: PastMessage[] = [];
  const shown = (past: readonly PastMessage[]) => past.map(({ text }) => text).filter(Boolean);
  const newest = (count: number) => (count === 0 ? [] : stored.slice(-count));
  return {
    /** What the next prompt shows of it. */
    history: (): FittedHistory => fitHistory(newest(mostMessages(atLeast)), atLeast),
    newest: (count: number) => shown(newest(count)),
    /** What the person says, and the model's answer to it. */
    exchange(said: readonly string[], answer: string): void {
      const { from } = this.history();
      this.keep(said, answer, from);
    },
    keep(said: readonly string[], answer: string, historyFrom?: string): void {
      for (const text of said) stored.push({ ...message(text), fromPerson: true });
      stored.push({ ...message(answer), fromPerson: false, historyFrom });
    },
  };
  function message(text: string) {
    return { id: `message ${stored.length + 1}`, text, attachments: [] };
  }
}

const textsOf = ({ turns }: FittedHistory) => turns.map(({ text }) => text);
const tokensOf = (history: FittedHistory) =>
  textsOf(history).reduce((sum, text) => sum + estimateTokens(text), 0);
/** A text of so many tokens, unlike any other. */
const long = (tokens: number, name: number) => `${name} `.padEnd(tokens * 4, 'word ');

/** How many prompts in a row had a history with the same beginning. */
function runs(beginnings: readonly (string | undefined)[]): number[] {
  const lengths: number[] = [];
  for (const [at, from] of beginnings.entries()) {
    if (at > 0 && from === beginnings[at - 1]) lengths.push((lengths.pop() ?? 0) + 1);
    else lengths.push(1);
  }
  return lengths;
}

describe('the history a prompt shows', () => {
  it.each([1, 2, 5, 10, 30])('has the newest %i messages, and at most twice as many', (atLeast) => {
    const ana = conversation(atLeast);
    for (let turn = 0; turn < 80; turn += 1) {
      const texts = textsOf(ana.history());
      expect(texts.slice(-atLeast)).toEqual(ana.newest(atLeast));
      expect(texts.length).toBeLessThanOrEqual(2 * atLeast);
      ana.exchange([`question ${turn}`], `answer ${turn}`);
    }
  });

  it('begins where it began before, for as many turns as it takes to grow to twice its length', () => {
    const ana = conversation(10);
    const beginnings: (string | undefined)[] = [];
    for (let turn = 0; turn < 66; turn += 1) {
      ana.exchange([`question ${turn}`], `answer ${turn}`);
      beginnings.push(ana.history().from);
    }
    expect(runs(beginnings)).toEqual([10, 6, 6, 6, 6, 6, 6, 6, 6, 6, 2]);
  });

  it('repeats the one before it to the last word, until it begins anew', () => {
    const ana = conversation(10);
    let before = ana.history();
    for (let turn = 0; turn < 60; turn += 1) {
      ana.exchange([`question ${turn}`], `answer ${turn}`);
      const now = ana.history();
      if (now.from === before.from) expect(now.turns.slice(0, before.turns.length)).toEqual(before.turns);
      else expect(now.turns.length).toBeLessThanOrEqual(10);
      before = now;
    }
  });

  it('is cut to its budget in steps as well', () => {
    const ana = conversation(10);
    const beginnings: (string | undefined)[] = [];
    for (let turn = 0; turn < 60; turn += 1) {
      ana.exchange([`question ${turn}`], long(1_000, turn));
      const history = ana.history();
      expect(tokensOf(history)).toBeLessThanOrEqual(12_000);
      if (turn >= 5) expect(history.turns.length).toBeGreaterThanOrEqual(10);
      beginnings.push(history.from);
    }
    const steady = runs(beginnings).slice(1, -1);
    expect(Math.min(...steady)).toBeGreaterThanOrEqual(5);
  });

  it('shows nothing of a message that is longer than the budget, and goes on behind it', () => {
    const ana = conversation(10);
    ana.exchange(['short'], long(13_000, 1));
    expect(ana.history()).toEqual({ turns: [], from: undefined });
    ana.exchange(['and then'], 'this');
    expect(textsOf(ana.history())).toEqual(['and then', 'this']);
  });

  it('keeps its beginning across albums and answers that no model gave', () => {
    const ana = conversation(10);
    ana.exchange(['hello'], 'Hello!');
    const { from } = ana.history();
    ana.exchange(['one', 'two', 'three', 'four', 'five'], 'Five.');
    ana.keep(['a file nobody can read'], 'I cannot read it.');
    ana.exchange(['six', 'seven', 'eight'], 'Three more.');
    expect(ana.history()).toMatchObject({ from, turns: { length: 14 } });
    ana.exchange(['nine', 'ten', 'eleven', 'twelve', 'thirteen', 'fourteen'], 'Six more.');
    expect(textsOf(ana.history())).toEqual(ana.newest(10));
  });

  it('of a conversation from before beginnings were stored has the newest messages', () => {
    const ana = conversation(4);
    for (let turn = 0; turn < 9; turn += 1) ana.keep([`question ${turn}`], `answer ${turn}`);
    expect(textsOf(ana.history())).toEqual(ana.newest(4));
  });

  it('is empty where the owner wants none', () => {
    const ana = conversation(0);
    ana.exchange(['hello'], 'Hello!');
    expect(ana.history()).toEqual({ turns: [], from: undefined });
  });
});
