import { describe, expect, it } from 'vitest';
import { parseRecipients } from '#src/http/routes/parse-csv.ts';

const read = (text: string, atMost = 10) => parseRecipients(text, atMost);

describe('a list of recipients', () => {
  it('has a line for each, and a column for each value', () => {
    expect(read('phone,1,name\r\n+491701234567,Ana,x\r\n+15550001111,,y\r\n')).toEqual([
      { phone: '+491701234567', values: { '1': 'Ana', name: 'x' } },
      { phone: '+15550001111', values: { name: 'y' } },
    ]);
  });

  it('may be quoted, with commas, quotation marks and lines inside', () => {
    expect(read('\uFEFF"phone","1"\n+49170,"say ""hi"", Ana\nand Bob"\n')).toEqual([
      { phone: '+49170', values: { '1': 'say "hi", Ana\nand Bob' } },
    ]);
  });

  it('may come from a spreadsheet that writes semicolons, and end without a line end', () => {
    expect(read('Phone;1\n+49170;a,b\n\n+49171;c')).toEqual([
      { phone: '+49170', values: { '1': 'a,b' } },
      { phone: '+49171', values: { '1': 'c' } },
    ]);
  });

  it('keeps a line without a name: it is told of among the others', () => {
    expect(read('bsuid,1\n,Ana\n')).toEqual([{ values: { '1': 'Ana' } }]);
  });

  it.each([
    ['', 'must name a column phone'],
    ['name\nAna\n', 'must name a column phone'],
    ['phone,1,1\n', 'a name of its own'],
    ['phone\n"+49', 'never closed'],
    ['phone\n1\n2\n3\n', 'at most 2 recipients'],
  ])('refuses %j', (text, words) => {
    expect(() => read(text, 2)).toThrow(words);
  });
});
