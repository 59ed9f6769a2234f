import { describe, expect, it } from 'vitest';
import { decodeList } from '#src/http/routes/decode-list.ts';
import { parseRecipients } from '#src/http/routes/parse-recipients.ts';

const parse = (text: string, atMost = 10) => parseRecipients(text, atMost);
const read = (text: string) => parse(text).recipients;
const faultsOf = (text: string) =>
  [...parse(text).faulty].map(([at, { place, words }]) => [at, place, words]);

describe('a list of recipients', () => {
  it('has a line for each, and a column for each value', () => {
    expect(read('phone,1,name\r\n+491701234567,Ana,x\r\n+15550001111,,y\r\n')).toEqual([
      { phone: '+491701234567', values: { '1': 'Ana', name: 'x' } },
      { phone: '+15550001111', values: { name: 'y' } },
    ]);
  });

  it('may be quoted, with commas, quotation marks and lines inside', () => {
    expect(read('"phone","1"\n+49170, "say ""hi"", Ana\r\nand Bob" \n')).toEqual([
      { phone: '+49170', values: { '1': 'say "hi", Ana\nand Bob' } },
    ]);
  });

  it.each([
    ['semicolons and no line end at its end', 'Phone;1\n+49170;a,b\n\n+49171;c'],
    ['tabs', 'phone\t1\n+49170\ta,b\n+49171\tc\n'],
    ['the line ends of old', 'phone;1\r+49170;a,b\r+49171;c\r'],
    ['a first line that says what parts the cells', 'sep=;\r\nphone;1\r\n+49170;a,b\r\n+49171;c\r\n'],
    ['the same, of whatever', '"sep=|"\nphone|1\n+49170|a,b\n+49171|c\n'],
    ['empty columns and rows that were once filled', 'phone;1;;\n+49170;a,b;;;;\n;;\n+49171;c;;\n;;;;\n'],
    ['a comma in a heading', 'phone;"1"\n+49170;a,b\n+49171;c'],
  ])('may have %s', (_, text) => {
    expect(parse(text)).toEqual({
      recipients: [
        { phone: '+49170', values: { '1': 'a,b' } },
        { phone: '+49171', values: { '1': 'c' } },
      ],
      faulty: new Map(),
    });
  });

  it('tells of lines whose values may stand in wrong columns, and sends them nothing', () => {
    const list = [
      'phone,1,2',
      '+1555,Smith, Ana,Acme',
      '+1556,"Ana"x,Acme',
      '+1557,Ben,Acme',
      ',Cy,Acme',
      '',
    ];
    expect(parse(list.join('\n')).recipients).toEqual([
      {},
      {},
      { phone: '+1557', values: { '1': 'Ben', '2': 'Acme' } },
      {},
    ]);
    expect(faultsOf(list.join('\n'))).toEqual([
      [
        0,
        'line 2',
        'it has 4 cells, the first line names 3; a value with a comma in it stands in quotation marks',
      ],
      [
        1,
        'line 3',
        'something follows a closing quotation mark; inside a value a quotation mark is written twice',
      ],
      [3, 'line 5', 'it names nobody: neither phone nor bsuid nor user_id is filled in'],
    ]);
  });

  it('counts lines as an editor does', () => {
    expect(faultsOf('sep=,\r\n\r\nphone,1\r\n+1,"a\r\nb"\r\n+2,a,b\r\n').map(([, place]) => place)).toEqual([
      'line 6',
    ]);
    // A quotation mark that is not closed takes the following lines with it up to the next one.
    expect(faultsOf('phone,1\n+1,"Ana\n+2,Ben\n+3,"Cy"\n+4,Di\n').map(([at, place]) => [at, place])).toEqual([
      [0, 'lines 2 to 4'],
    ]);
  });

  it.each([
    ['', 'The list is empty'],
    ['name,1\nAna\n', 'one of them phone, bsuid or user_id'],
    ['name,1\nAna\n', 'It is "name, 1".'],
    ['phone,1,1\n', 'names the column "1" twice'],
    ['phone,,1\n', 'column 2 has no name'],
    ['phone,1\n', 'has no recipients'],
    ['phone\n1\n"+49', 'opens in line 3 is never closed'],
    ['phone\n1\n2\n3\n', 'at most 2 recipients'],
  ])('refuses %j', (text, words) => {
    expect(() => parse(text, 2)).toThrow(words);
  });
});

describe('the bytes of a list', () => {
  const utf16be = (text: string) => Buffer.from(text, 'utf16le').swap16();

  it.each([
    ['UTF-8', Buffer.from('Jürgen €'), undefined],
    ['UTF-8 with a mark', Buffer.from('\uFEFFJürgen €'), 'text/csv; charset=windows-1252'],
    ['UTF-16 with a mark', Buffer.from('\uFEFFJürgen €', 'utf16le'), 'text/csv'],
    ['UTF-16, the other way round', utf16be('\uFEFFJürgen €'), 'text/csv; charset=utf-8'],
    [
      'Windows-1252 that says so',
      Buffer.from('J\xfcrgen \x80', 'latin1'),
      'text/csv; header=present; charset="Windows-1252"',
    ],
    [
      'the same under the name it often has',
      Buffer.from('J\xfcrgen \x80', 'latin1'),
      'text/csv;charset=ISO-8859-1',
    ],
  ])('are read as %s', (_, bytes, contentType) => {
    expect(decodeList(bytes, contentType)).toBe('Jürgen €');
  });

  it.each([
    [
      'Windows-1252 that does not say so',
      Buffer.from('J\xfcrgen', 'latin1'),
      'text/csv',
      'The list is not UTF-8. Save it as CSV UTF-8',
    ],
    ['a letter cut in two', Buffer.from('J\xc3', 'latin1'), 'text/csv', 'not UTF-8'],
    ['UTF-16 without a mark', Buffer.from('Jo', 'utf16le'), 'text/csv', 'not UTF-8'],
    ['half of a UTF-16 letter', Buffer.from('\xff\xfeJ', 'latin1'), 'text/csv', 'not UTF-16LE'],
    [
      'an encoding nobody asked for',
      Buffer.from('J'),
      'text/csv; charset=shift_jis',
      'not read in "shift_jis"',
    ],
  ])('are refused as %s', (_, bytes, contentType, words) => {
    expect(() => decodeList(bytes, contentType)).toThrow(words);
  });
});
