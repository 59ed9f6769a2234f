import { HttpError } from '../http-error.ts';

/** A row of a list, with the lines of the file it stands on, from 1. */
export interface CsvRow {
  readonly cells: readonly string[];
  readonly line: number;
  readonly lastLine: number;
  /** Something follows the closing quotation mark of a cell: where the cell ends is anybody's guess. */
  readonly isTorn: boolean;
}

/**
 * RFC 4180, a row at a time: cells without the blanks around them, rows without content left out.
 * @param text with `\n` as its line end
 * @throws HttpError 400 when a quotation mark is never closed
 */
export function* readCsv(text: string, delimiter: string): Generator<CsvRow> {
  let line = 1;
  for (let at = 0; at < text.length; ) {
    const start = at;
    const cells: string[] = [];
    let isTorn = false;
    for (let isLast = false; !isLast; ) {
      const cell = readCell(text, at, delimiter);
      if (!cell) {
        const opens = line + countLineEnds(text, start, at);
        const words = `The quotation mark that opens in line ${opens} is never closed.`;
        throw new HttpError(400, 'invalid_request', words);
      }
      cells.push(cell.text);
      isTorn ||= cell.isTorn;
      at = cell.end + 1;
      isLast = text[cell.end] !== delimiter;
    }
    const lastLine = line + countLineEnds(text, start, at - 1);
    if (cells.some((cell) => cell !== '')) yield { cells, line, lastLine, isTorn };
    line = lastLine + 1;
  }
}

/** Undefined when it is never closed. */
function readCell(text: string, start: number, delimiter: string) {
  let at = start;
  let quoted: string | undefined;
  while (text[at] === ' ') at += 1;
  if (text[at] === '"') {
    quoted = '';
    for (at += 1; ; at += 1) {
      const close = text.indexOf('"', at);
      if (close === -1) return undefined;
      quoted += text.slice(at, close);
      at = close + 1;
      if (text[at] !== '"') break;
      quoted += '"';
    }
  }
  let end = at;
  while (end < text.length && text[end] !== delimiter && text[end] !== '\n') end += 1;
  const plain = text.slice(at, end).trim();
  return { text: quoted?.trim() ?? plain, isTorn: quoted !== undefined && plain !== '', end };
}

function countLineEnds(text: string, from: number, to: number): number {
  let count = 0;
  for (let at = text.indexOf('\n', from); at !== -1 && at < to; at = text.indexOf('\n', at + 1)) count += 1;
  return count;
}
