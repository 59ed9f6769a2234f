import { describe, expect, it } from 'vitest';
import { type ConversationDocument, choosePassages } from '#src/bot/passages/choose-passages.ts';
import { estimateTokens } from '#src/bot/passages/estimate-tokens.ts';

const filler =
  'Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor incididunt ut labore. ';
/** A long document with a fact on some pages. */
function report(facts: Record<number, string>, pageCount = 200): ConversationDocument {
  const pages = Array.from({ length: pageCount }, (_, index) => ({
    page: index + 1,
    text: `${filler.repeat(15)}\n${facts[index + 1] ?? ''}\n${filler.repeat(15)}`,
  }));
  return { name: '"report.pdf"', title: 'Annual report', pageCount, pages };
}

describe('passages for a question', () => {
  it('show a short document whole, page by page', () => {
    const text = choosePassages(
      [
        {
          name: '"note.pdf"',
          pageCount: 2,
          pages: [
            { page: 1, text: 'First.' },
            { page: 2, text: 'Second.' },
          ],
        },
      ],
      'anything',
      1000,
    );
    expect(text).toBe('"note.pdf", 2 pages\n[page 1]\nFirst.\n[page 2]\nSecond.');
  });

  it.each([
    ['a code', 'What about invoice INV-2024-001?', 'Invoice INV-2024-001 was paid late.'],
    ['a number', 'who owes 48,213.77?', 'The amount of 48,213.77 is owed by Fischer.'],
    ['accents left out', 'cuanto es la renovacion', 'La renovación cuesta 300 euros.'],
    ['another case and form', 'Kündigungsfristen?', 'Die Kündigungsfrist beträgt drei Monate.'],
    ['Cyrillic', 'Какая арендная плата?', 'Арендная плата составляет 900 рублей.'],
    ['Arabic', 'ما هو الإيجار', 'الإيجار الشهري هو 700'],
  ])('find %s in the middle of 200 pages', (_what, question, fact) => {
    const text = choosePassages([report({ 137: fact })], question, 3000);
    expect(text).toContain(fact);
    expect(text).toContain('[page 137]');
    expect(estimateTokens(text)).toBeLessThan(3200);
  });

  it.each(['What is on page 150?', 'Was steht auf Seite 150?', '¿Qué dice la página 150?'])(
    'follow "%s"',
    (question) => {
      expect(choosePassages([report({ 150: 'The lake is deep.' })], question, 3000)).toContain('[page 150]');
    },
  );

  it('always begin with the head of each document and say what is missing', () => {
    const text = choosePassages([report({}), { ...report({}), name: '"other.pdf"' }], 'zebra', 2000);
    expect(text).toContain('"report.pdf", titled "Annual report", 200 pages\n[page 1]');
    expect(text).toContain('"other.pdf"');
    expect(text).toMatch(/Only passages that seem to matter are shown: \d+ of 200 pages/);
  });

  it('cope with a page that is one endless word', () => {
    const word = '🧾'.repeat(50_000);
    const text = choosePassages([{ name: 'x', pageCount: 1, pages: [{ page: 1, text: word }] }], 'hi', 500);
    expect(text.isWellFormed()).toBe(true);
  });
});

describe('the token estimate', () => {
  it('counts dense scripts by the character', () => {
    expect(estimateTokens('abcdefgh')).toBe(2);
    expect(estimateTokens('請求書')).toBe(3);
  });
});
