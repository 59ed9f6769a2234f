import { HttpError } from '../http-error.ts';
import { type CsvRow, readCsv } from './parse-csv.ts';

/** How recipients are named in the columns of a list; every other column is a value of the template. */
const naming: readonly string[] = ['phone', 'bsuid', 'user_id'];
/** What spreadsheets put between two cells, with the word for it. */
const delimiters: Readonly<Record<string, string>> = { ',': 'comma', ';': 'semicolon', '\t': 'tab' };

/** A line that names nobody for certain. */
export interface FaultyLine {
  /** Where it stands. */
  readonly place: string;
  readonly words: string;
}

/** A list that was read. */
export interface RecipientList {
  readonly recipients: readonly object[];
  /** By their place among the recipients. */
  readonly faulty: ReadonlyMap<number, FaultyLine>;
}

/** A list as a spreadsheet saves it: a heading, then a line for each recipient. @throws HttpError 400 */
export function parseRecipients(given: string, atMost: number): RecipientList {
  const whole = given.replace(/\r\n?/g, '\n');
  // Excel may say first what stands between cells. Its line stays, empty, so that the others keep their numbers.
  const [declaration = '', said] = /^"?sep=([^"\n])"?(?=\n|$)/i.exec(whole) ?? [];
  const text = whole.slice(declaration.length);
  const { delimiter, heading } = readHeading(text, said === undefined ? Object.keys(delimiters) : [said]);
  const columns = toColumns(heading);

  const recipients: object[] = [];
  const faulty = new Map<number, FaultyLine>();
  let isHeading = true;
  for (const row of readCsv(text, delimiter)) {
    if (isHeading) {
      isHeading = false;
      continue;
    }
    if (recipients.length === atMost) throw refused(`A list has at most ${atMost} recipients.`);
    const words = faultOf(row, columns, delimiter);
    if (words !== undefined) faulty.set(recipients.length, { place: placeOf(row), words });
    recipients.push(words === undefined ? toRecipient(row, columns) : {});
  }
  if (recipients.length === 0)
    throw refused('The list has no recipients: below its first line there has to be a line for each.');
  return { recipients, faulty };
}

/** What parts the cells is what lets the heading name somebody. @throws HttpError 400 */
function readHeading(text: string, candidates: readonly string[]) {
  let found: readonly string[] | undefined;
  for (const delimiter of candidates) {
    const { value: row } = readCsv(text, delimiter).next();
    if (!row) throw refused('The list is empty.');
    const heading = row.cells.map((name: string) =>
      naming.includes(name.toLowerCase()) ? name.toLowerCase() : name,
    );
    if (heading.some((name: string) => naming.includes(name))) return { delimiter, heading };
    found ??= row.cells;
  }
  const shown = JSON.stringify(found?.join(', ').slice(0, 100));
  throw refused(
    `The first line has to name the columns, one of them phone, bsuid or user_id, the others after the values of the template. It is ${shown}.`,
  );
}

/** @throws HttpError 400 */
function toColumns(heading: readonly string[]): readonly string[] {
  // Spreadsheets save columns that were emptied.
  const columns = heading.slice(0, heading.findLastIndex((name) => name !== '') + 1);
  const nameless = columns.indexOf('');
  if (nameless !== -1) throw refused(`In the first line column ${nameless + 1} has no name.`);
  const twice = columns.find((name, at) => columns.indexOf(name) < at);
  if (twice !== undefined) throw refused(`The first line names the column ${JSON.stringify(twice)} twice.`);
  return columns;
}

/** Values that may stand in the wrong columns must not be sent. */
function faultOf({ cells, isTorn }: CsvRow, columns: readonly string[], delimiter: string) {
  if (isTorn)
    return 'something follows a closing quotation mark; inside a value a quotation mark is written twice';
  const filled = cells.findLastIndex((cell) => cell !== '') + 1;
  if (filled > columns.length) {
    const between = delimiters[delimiter] ?? delimiter;
    return `it has ${filled} cells, the first line names ${columns.length}; a value with a ${between} in it stands in quotation marks`;
  }
  if (!columns.some((column, at) => naming.includes(column) && cells[at]))
    return 'it names nobody: neither phone nor bsuid nor user_id is filled in';
  return undefined;
}

function toRecipient({ cells }: CsvRow, columns: readonly string[]): object {
  const filled = columns.flatMap((name, at): [string, string][] => (cells[at] ? [[name, cells[at]]] : []));
  return {
    ...Object.fromEntries(filled.filter(([column]) => naming.includes(column))),
    values: Object.fromEntries(filled.filter(([column]) => !naming.includes(column))),
  };
}

function placeOf({ line, lastLine }: CsvRow): string {
  return line === lastLine ? `line ${line}` : `lines ${line} to ${lastLine}`;
}

function refused(words: string): HttpError {
  return new HttpError(400, 'invalid_request', words);
}
