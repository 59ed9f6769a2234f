import { HttpError } from '../http-error.ts';

/** How recipients are named in the columns of a list; every other column is a value of the template. */
const naming = ['user_id', 'phone', 'bsuid'] as const;

/** A list as a spreadsheet saves it: a heading, then a line for each recipient. @throws HttpError 400 */
export function parseRecipients(text: string, atMost: number): object[] {
  const rows = parseCsv(text, atMost + 1);
  const [heading = [], ...lines] = rows.map((row) => row.map((cell) => cell.trim()));
  const columns = heading.map((name) => (/^(phone|user_id|bsuid)$/i.test(name) ? name.toLowerCase() : name));
  if (!naming.some((name) => columns.includes(name)))
    throw new HttpError(400, 'invalid_request', 'The first line must name a column phone, user_id or bsuid.');
  if (new Set(columns).size < columns.length || columns.includes(''))
    throw new HttpError(400, 'invalid_request', 'Every column needs a name of its own.');
  return lines.map((cells) => {
    const filled = columns.flatMap((name, at): [string, string][] => (cells[at] ? [[name, cells[at]]] : []));
    const isName = (column: string) => (naming as readonly string[]).includes(column);
    return {
      ...Object.fromEntries(filled.filter(([column]) => isName(column))),
      values: Object.fromEntries(filled.filter(([column]) => !isName(column))),
    };
  });
}

/** RFC 4180, with whatever line ends; semicolons where the heading has no comma, as some spreadsheets write. @throws HttpError 400 */
function parseCsv(given: string, mostRows: number): string[][] {
  const text = given.replace(/^\uFEFF/, '');
  const [firstLine = ''] = text.split(/\r?\n/, 1);
  const delimiter = !firstLine.includes(',') && firstLine.includes(';') ? ';' : ',';
  const rows: string[][] = [];
  let row: string[] = [];
  let at = 0;
  const endRow = () => {
    if (row.some((cell) => cell !== '')) rows.push(row);
    row = [];
    if (rows.length > mostRows)
      throw new HttpError(400, 'invalid_request', `A list has at most ${mostRows - 1} recipients.`);
  };
  while (at < text.length) {
    let cell = '';
    if (text[at] === '"') {
      for (at += 1; ; at += 1) {
        const end = text.indexOf('"', at);
        if (end === -1) throw new HttpError(400, 'invalid_request', 'A quotation mark is never closed.');
        cell += text.slice(at, end);
        at = end + 1;
        if (text[at] !== '"') break;
        cell += '"';
      }
    }
    const start = at;
    while (at < text.length && text[at] !== delimiter && text[at] !== '\n') at += 1;
    row.push(cell + text.slice(start, at).replace(/\r$/, ''));
    if (text[at] === '\n' || at === text.length) endRow();
    at += 1;
  }
  if (row.length > 0) endRow();
  return rows;
}
