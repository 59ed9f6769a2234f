import { describe, expect, it } from 'vitest';
import { choiceByNumber, withNumberedChoices } from '#src/domain/numbered-choices.ts';

const choices = ['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten'].map((id) => ({
  id,
  title: `The ${id}`,
}));

describe('choices with numbers', () => {
  it('stand below the text', () => {
    const [first, second] = choices;
    if (!first || !second) throw new Error('there are ten');
    expect(withNumberedChoices('Which?\n', [first, { ...second, description: 'the other' }])).toBe(
      'Which?\n\n1. The one\n2. The two – the other',
    );
  });

  it.each([
    ['1', 'one'],
    [' 2 \n', 'two'],
    ['2.', 'two'],
    ['3)', 'three'],
    ['(3)', 'three'],
    ['10', 'ten'],
    // Full-width, Arabic, Persian, Hindi, circled, and the emoji of phones.
    ['２', 'two'],
    ['１０．', 'ten'],
    ['٢', 'two'],
    ['١٠', 'ten'],
    ['۳', 'three'],
    ['४', 'four'],
    ['⑤', 'five'],
    ['2️⃣', 'two'],
  ])('are named by %j', (answer, id) => {
    expect(choiceByNumber(answer, choices)?.id).toBe(id);
  });

  it.each([
    '',
    '0',
    '11',
    '01',
    '-1',
    '1.5',
    '1,2',
    '1 2',
    '2 please',
    'two',
    '#1',
    '1?',
    '½',
    '(1',
    '100',
    ')',
  ])('are not named by %j', (answer) => {
    expect(choiceByNumber(answer, choices)).toBeUndefined();
  });
});
