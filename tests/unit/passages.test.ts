import { describe, expect, it } from 'vitest';
import { choosePassages } from '#src/bot/passages/choose-passages.ts';
import { cutPassages } from '#src/bot/passages/cut-passages.ts';
import { estimateTokens } from '#src/bot/passages/estimate-tokens.ts';
import type { ConversationDocument } from '#src/ports/passages.ts';

const filler =
  'The parties met again in the afternoon and went through the remaining points of the agenda without coming to a decision. ';

/** A document of many pages of the same talk, with a few sentences of its own on some of them. */
function longDocument(
  own: Readonly<Record<number, string>>,
  pageCount = 80,
  talk = filler,
): ConversationDocument {
  return {
    name: '"minutes.pdf"',
    title: 'Minutes of the board',
    pageCount,
    pages: Array.from({ length: pageCount }, (_, at) => ({
      page: at + 1,
      text: `${talk.repeat(10)}${own[at + 1] ?? ''} ${talk.repeat(10)}`,
    })),
  };
}

const pagesIn = (text: string) => [...text.matchAll(/^\[page (\d+)/gm)].map(([, page]) => Number(page));

describe('sheets, slides and sections', () => {
  const talk = filler.repeat(20);
  const workbook: ConversationDocument = {
    name: '"plan.xlsx"',
    unit: 'sheet',
    pageCount: 3,
    pages: ['Budget', 'Q1', 'Team'].map((name, at) => ({ page: at + 1, name, hidden: at === 2, text: talk })),
  };
  const shown = (document: ConversationDocument, question: string) =>
    [
      ...choosePassages([document], question, 900, 0).matchAll(/^\[((?:sheet|slide|section) [^\]]*)\]$/gm),
    ].map(([, mark]) => mark);

  it('are marked as what they are', () => {
    const text = choosePassages([workbook], 'hello', 100_000);
    expect(text).toContain('[Document "plan.xlsx", 3 sheets]');
    expect(text).toContain('[sheet "Budget"]');
    expect(text).toContain('[sheet "Team", hidden]');
    const some = choosePassages([{ ...workbook, unit: 'slide' }], 'slide 2', 600);
    expect(some).toMatch(/\[.*slides? [\d–and, ]+; ask about them to see more\]/);
  });

  it.each([
    ['What is on sheet 2?', 'sheet "Q1"'],
    ['Was steht in der Tabelle 2?', 'sheet "Q1"'],
    ['And in Q1?', 'sheet "Q1"'],
    ['who is in the team sheet', 'sheet "Team", hidden'],
    ['last sheet', 'sheet "Team", hidden'],
  ])('are found when asked for: %s', (question, mark) => {
    expect(shown(workbook, question)).toContain(mark);
  });

  it('are not found by numbers that the author gave their own', () => {
    const report: ConversationDocument = { ...workbook, unit: 'section' };
    expect(shown(report, 'xyzzy section 2')).not.toContain('section 2 "Q1"');
    expect(shown({ ...workbook, unit: 'slide' }, 'Folie 2')).toContain('slide 2 "Q1"');
  });
});

describe('what the model is shown of documents', () => {
  it('is everything, page by page, when it fits', () => {
    const lease = {
      name: '"lease.pdf"',
      title: 'Lease',
      pageCount: 2,
      pages: [
        { page: 1, text: 'Rent: 900 €' },
        { page: 2, text: 'Signed' },
      ],
    };
    expect(choosePassages([lease], 'how much?', 1_000)).toBe(
      '[Document "lease.pdf", title "Lease", 2 pages]\n[page 1]\nRent: 900 €\n[page 2]\nSigned',
    );
  });

  it('says when a document was read in part only', () => {
    const scan = { name: 'the PDF', pageCount: 300, pages: [{ page: 1, text: 'Cover' }] };
    expect(choosePassages([scan], '', 1_000)).toContain('[Document the PDF, 300 pages, 1 of them read]');
  });

  it('is the beginning, the passages that fit the question, and what was left out, when it does not fit', () => {
    const minutes = longDocument({ 1: 'Board of Acme.', 57: 'The new warehouse in Rotterdam opens in May.' });
    const shown = choosePassages([minutes], 'When does the warehouse in Rotterdam open?', 3_000);
    expect(shown).toContain('[Document "minutes.pdf", title "Minutes of the board", 80 pages]');
    expect(shown).toContain('The new warehouse in Rotterdam opens in May.');
    expect(pagesIn(shown)[0]).toBe(1);
    expect(shown).toMatch(/\[not shown: .*ask about them to see more\]$/);
  });

  it.each([
    ['INV-2024-001', 'Invoice INV-2024-001 was paid late.', 'what about inv-2024-001?'],
    ['an amount', 'They owe 1,234.50 in all.', 'who owes 1234.50'],
    ['an amount without cents', 'Der Preis ist 1.234.567,00 Euro.', 'was kostet 1234567'],
    [
      'an account number',
      'IBAN DE89 3704 0044 0532 0130 00 at the bank.',
      'whose is DE89370400440532013000?',
    ],
    ['Korean', '위약금이 오만원입니다.', '위약금은 얼마인가요'],
    ['a date', 'The deadline is 12.03.2027 at noon.', 'what happens on 12.03.2027?'],
    ['diacritics', 'Die Größe der Fläche beträgt 80 Quadratmeter.', 'grosse der flache?'],
    ['an ending', 'Two warehouses were visited in Porto.', 'which warehouse in Porto'],
    ['a slip of the finger', 'The arbitration takes place in Geneva.', 'where is the arbitraton'],
    ['Cyrillic', 'Общая сумма договора составляет два миллиона.', 'какая сумма договора?'],
    ['Chinese', '合同的付款日期是五月一日。', '付款日期是哪天？'],
    ['Japanese', '納品の期限は来月末です。', '納品期限はいつですか'],
    ['Arabic', 'تاريخ انتهاء العقد هو نهاية السنة.', 'متى انتهاء العقد؟'],
  ])('finds %s', (_what, sentence, question) => {
    const shown = choosePassages([longDocument({ 43: sentence })], question, 2_000);
    expect(shown).toContain(sentence);
  });

  it.each([
    'what is on page 12?',
    'Was steht auf Seite 12?',
    'résume la page 12',
    'wat staat er op blz. 12',
    '¿qué dice la página 12?',
    'podsumuj stronę 12',
    'что на странице 12',
    '第12页说了什么',
    '12ページの要約',
    'p. 12 please',
  ])('shows the page that is asked for: %s', (question) => {
    const shown = choosePassages(
      [longDocument({ 12: 'Only this page speaks of penguins.' })],
      question,
      2_500,
    );
    expect(shown).toContain('Only this page speaks of penguins.');
  });

  it('shows a range of pages and the last page', () => {
    expect(pagesIn(choosePassages([longDocument({})], 'compare pages 30-32', 5_000))).toEqual(
      expect.arrayContaining([30, 31, 32]),
    );
    expect(pagesIn(choosePassages([longDocument({})], 'what does the last page say', 3_000))).toContain(80);
  });

  it('samples the whole when nothing in particular is asked', () => {
    const pages = pagesIn(choosePassages([longDocument({})], '', 4_000));
    expect(pages.length).toBeGreaterThan(8);
    expect(Math.max(...pages)).toBeGreaterThan(60);
  });

  it('spends no more on what nobody asked for than it may', () => {
    const shown = choosePassages([longDocument({})], 'thank you, bye!', 4_000, 500);
    expect(shown).toContain('[Document "minutes.pdf"');
    expect(estimateTokens(shown)).toBeLessThan(1_100);
  });

  it('leaves out passages that share only everyday words with the question', () => {
    const own = { 43: 'Code QX-17 belongs to the north gate.', 70: 'The code of conduct was read aloud.' };
    const shown = choosePassages([longDocument(own)], 'what does the code QX-17 belong to', 6_000, 0);
    expect(shown).toContain('Code QX-17 belongs to the north gate.');
    expect(shown).not.toContain('conduct');
  });

  it('keeps reading order, shows nothing twice and joins neighbors', () => {
    const shown = choosePassages(
      [longDocument({ 20: 'Penguins first.', 60: 'Penguins last.' })],
      'penguins',
      4_000,
    );
    const pages = pagesIn(shown);
    expect(pages).toEqual([...new Set(pages)].sort((a, b) => a - b));
    expect(shown.split('Penguins first.')).toHaveLength(2);
    expect(shown.indexOf('Penguins first.')).toBeLessThan(shown.indexOf('Penguins last.'));
  });

  it('names every document, however many there are', () => {
    const documents = Array.from({ length: 20 }, (_, at) => ({
      ...longDocument(at === 13 ? { 5: 'Penguins live here.' } : {}, 10),
      name: `"file-${at}.pdf"`,
    }));
    const shown = choosePassages(documents, 'where do penguins live', 4_000);
    for (let at = 0; at < 20; at += 1) expect(shown).toContain(`"file-${at}.pdf"`);
    expect(shown).toContain('Penguins live here.');
    expect(estimateTokens(shown)).toBeLessThanOrEqual(4_000);
  });

  it.each([1_000, 4_000, 24_000])('stays within %i tokens', (budget) => {
    for (const question of ['', 'decision', 'page 3', 'agenda '.repeat(500)]) {
      const documents = [
        longDocument({}),
        longDocument({}, 200),
        longDocument({}, 40, '会议在下午继续进行，没有作出决定。'),
      ];
      expect(estimateTokens(choosePassages(documents, question, budget))).toBeLessThanOrEqual(budget);
    }
  });

  it('gives the same words for the same question', () => {
    const documents = [longDocument({ 3: 'Penguins.' }), longDocument({ 9: 'Penguins too.' })];
    expect(choosePassages(documents, 'penguins?', 3_000)).toBe(choosePassages(documents, 'penguins?', 3_000));
  });

  it('copes with documents that are empty, one endless line, or nothing but signs', () => {
    expect(choosePassages([], 'x', 100)).toBe('');
    const odd = (text: string) => ({ name: 'the text file', pageCount: 1, pages: [{ page: 1, text }] });
    expect(choosePassages([odd('')], 'x', 100)).toContain('the text file');
    for (const text of [
      'x'.repeat(200_000),
      '👨‍👩‍👧'.repeat(20_000),
      '.*+?^$()|[]{}'.repeat(5_000),
      ' \n'.repeat(90_000),
    ]) {
      const shown = choosePassages([odd(text)], '.*+?^$()|[]{} page 1', 1_000);
      expect(shown.isWellFormed()).toBe(true);
      expect(estimateTokens(shown)).toBeLessThanOrEqual(1_000);
    }
  });

  it('cuts passages that miss no word', () => {
    const document = longDocument({ 2: 'A sentence of its own.' }, 5);
    const joined = cutPassages([document])
      .map((passage) => passage.text)
      .join(' ');
    const bare = (text: string) => text.replace(/\s/g, '');
    expect(bare(joined)).toBe(bare(document.pages.map((page) => page.text).join(' ')));
  });
});

describe('estimating tokens', () => {
  it('knows that scripts differ', () => {
    expect(estimateTokens('')).toBe(0);
    expect(estimateTokens('four')).toBe(1);
    expect(estimateTokens('付款日期')).toBe(4);
    expect(estimateTokens('дата')).toBe(2);
    expect(estimateTokens('👍')).toBe(2);
  });
});
