import { describe, expect, it } from 'vitest';
import { splitText } from '#src/bot/format/split-text.ts';

/** A small seeded generator (mulberry32), so that a failure can be repeated. */
function dice(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % sides;
  };
}

const words = [
  'the',
  'invoice',
  'Größe',
  'naïve',
  'отчёт',
  '合計金額',
  'รายงาน',
  '3.50',
  'a',
  '👍🏽',
  '👨‍👩‍👧‍👦',
  'e\u0301',
  'INV-2024-001',
];
const ends = ['. ', '! ', '? ', '.\n', '\n\n', ': ', ', ', '。'];

function plainText(roll: (sides: number) => number, pieces: number): string {
  let text = '';
  for (let i = 0; i < pieces; i += 1) {
    text += words[roll(words.length)] ?? '';
    text += roll(7) === 0 ? (ends[roll(ends.length)] ?? ' ') : ' ';
  }
  return text;
}

function formattedText(roll: (sides: number) => number, pieces: number): string {
  const marks = ['*', '_', '~', '`'];
  let text = '';
  for (let i = 0; i < pieces; i += 1) {
    const mark = marks[roll(marks.length)] ?? '*';
    const inner = plainText(roll, 1 + roll(40))
      .replace(/\n/g, ' ')
      .trim();
    const kind = roll(6);
    if (kind === 0) text += `\`\`\`\n${plainText(roll, 1 + roll(120)).trim()}\n\`\`\`\n\n`;
    else if (kind === 1) text += `- ${mark}${inner}${mark}\n`;
    else if (kind === 2) text += `${mark}${inner}${mark} `;
    else text += plainText(roll, 1 + roll(30));
  }
  return text;
}

const bare = (text: string) => text.replace(/\s/g, '');
const withoutMarks = (text: string) => text.replace(/[\s*_~`]/g, '');

describe('splitting a reply', () => {
  it('leaves what fits in one part, without the white space around it', () => {
    expect(splitText('  Hello, Ana!\n', 1_580)).toEqual(['Hello, Ana!']);
  });

  it('makes no part of nothing', () => {
    expect(splitText('', 100)).toEqual([]);
    expect(splitText(' \n\n ', 100)).toEqual([]);
  });

  it('cuts between paragraphs where it can', () => {
    const one = `${'First things first. '.repeat(4).trim()}`;
    const two = `${'Then the second. '.repeat(4).trim()}`;
    expect(splitText(`${one}\n\n${two}`, 100)).toEqual([one, two]);
  });

  it('cuts between lines, then sentences, then words', () => {
    expect(splitText(`${'a'.repeat(50)}\n${'b'.repeat(50)} c`, 80)).toEqual([
      'a'.repeat(50),
      `${'b'.repeat(50)} c`,
    ]);
    expect(splitText(`The total is right. ${'And so on and on '.repeat(3).trim()}`, 55)).toEqual([
      'The total is right.',
      'And so on and on And so on and on And so on and on',
    ]);
    expect(splitText('alpha beta gamma delta', 12)).toEqual(['alpha beta', 'gamma delta']);
  });

  it('does not leave a title alone at the end of a part', () => {
    const parts = splitText(
      `${'Some words here. '.repeat(5).trim()}\n\n*Totals*\n${'- a line of the list\n'.repeat(4)}`,
      120,
    );
    expect(parts[1]).toMatch(/^\*Totals\*/);
  });

  it('prefers even parts to a giant with a short tail', () => {
    const parts = splitText('word '.repeat(42).trim(), 200);
    expect(parts).toHaveLength(2);
    for (const part of parts) expect(part.length).toBeGreaterThan(80);
  });

  it('closes and opens a code block that is longer than a part', () => {
    const code = Array.from({ length: 30 }, (_, n) => `    line ${n} of the program`).join('\n');
    const parts = splitText(`Here it is:\n\n\`\`\`\n${code}\n\`\`\``, 300);
    expect(parts.length).toBeGreaterThan(2);
    for (const part of parts) expect(part.split('```').length % 2).toBe(1);
    expect(parts.join('\n').match(/^ {4}line \d+ of the program$/gm)).toHaveLength(30);
  });

  it('keeps a code block whole when it fits a part of its own', () => {
    const block = `\`\`\`\n${'some code\n'.repeat(20)}\`\`\``;
    const parts = splitText(`${'Words before it. '.repeat(10)}\n\n${block}\n\nAnd after.`, 260);
    expect(parts.some((part) => part.includes(block))).toBe(true);
  });

  it('closes and opens a mark that has to be cut', () => {
    const parts = splitText(`*${'bold words '.repeat(30).trim()}*`, 120);
    expect(parts.length).toBeGreaterThan(2);
    for (const part of parts) expect(part).toMatch(/^\*\S[^*]*\S\*$/);
  });

  it('never tears a character as people see it, even in a wall of them', () => {
    const family = '👨‍👩‍👧‍👦';
    for (const part of splitText(family.repeat(200), 100)) expect(part.replaceAll(family, '')).toBe('');
    const flags = '🇩🇪'.repeat(100);
    for (const part of splitText(flags, 90)) expect(part.length % 4).toBe(0);
  });

  it('tears a character only where it is longer than a part, and never between surrogates', () => {
    const parts = splitText(`ab${'👨‍👩‍👧‍👦'.repeat(3)}`, 3);
    expect(parts.join('')).toBe(`ab${'👨‍👩‍👧‍👦'.repeat(3)}`);
    for (const part of parts) {
      expect(part.isWellFormed()).toBe(true);
      expect(part.length).toBeLessThanOrEqual(3);
    }
  });

  it('cuts Chinese at the end of a sentence', () => {
    const sentence = '这是第一句话，它说明了总金额和日期。';
    for (const part of splitText(sentence.repeat(20), 100)) expect(part.endsWith('。')).toBe(true);
  });

  it('keeps a link whole', () => {
    const link = `https://example.com/${'path/'.repeat(12)}end`;
    const parts = splitText(
      `${'Look at this page. '.repeat(6)}${link} ${'and then tell me. '.repeat(6)}`,
      130,
    );
    expect(parts.some((part) => part.includes(link))).toBe(true);
  });

  it('refuses parts that cannot hold a character', () => {
    expect(() => splitText('hello', 1)).toThrow(RangeError);
  });

  it.each([2, 3, 10, 63, 64, 80, 200, 1_580])(
    'keeps every word of plain text, in order, in parts of %i',
    (maxUnits) => {
      for (let seed = 1; seed <= 40; seed += 1) {
        const roll = dice(seed * 1_000 + maxUnits);
        const text = plainText(roll, roll(maxUnits < 64 ? 60 : 700));
        const parts = splitText(text, maxUnits);
        expect(bare(parts.join(''))).toBe(bare(text));
        for (const part of parts) {
          expect(part.length).toBeLessThanOrEqual(maxUnits);
          expect(part.trim()).not.toBe('');
          expect(part.isWellFormed()).toBe(true);
        }
      }
    },
  );

  it.each([64, 100, 333, 1_580])('keeps formatted text whole in parts of %i', (maxUnits) => {
    for (let seed = 1; seed <= 40; seed += 1) {
      const roll = dice(seed * 7_919 + maxUnits);
      const text = formattedText(roll, 4 + roll(20));
      const parts = splitText(text, maxUnits);
      expect(withoutMarks(parts.join(''))).toBe(withoutMarks(text));
      for (const part of parts) {
        expect(part.length).toBeLessThanOrEqual(maxUnits);
        expect(part.trim()).not.toBe('');
        expect(part.isWellFormed()).toBe(true);
        expect(part.split('```').length % 2, `an open code block in ${part}`).toBe(1);
        const outside = part
          .split('```')
          .filter((_, index) => index % 2 === 0)
          .join('');
        for (const sign of ['*', '_', '~', '`']) {
          expect(outside.split(sign).length % 2, `an open ${sign} in ${part}`).toBe(1);
        }
      }
    }
  });

  it('survives walls of signs and white space', () => {
    for (const wall of ['*', '_~', '`', '```', '* ', '```\n', ' \n', 'a*b ', '(', '\u200d', '\u0301']) {
      const text = `x${wall.repeat(4_000)}y`;
      const parts = splitText(text, 200);
      expect(withoutMarks(parts.join(''))).toBe(withoutMarks(text));
      for (const part of parts) expect(part.length).toBeLessThanOrEqual(200);
    }
  });
});
