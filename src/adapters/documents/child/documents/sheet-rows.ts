import type { CellFormat } from './cell-formats.ts';
import { showNumber } from './cell-value.ts';
import type { XmlHandlers } from './read-xml.ts';

/** A wider gap is not drawn with separators, but said: a cell far to the right would cost thousands of them. */
const widestGap = 20;
/** A cell holds at most 32,767 characters. */
const longestCell = 32_767;

/** Turns the cells of a sheet into one line a row. Empty rows and what follows the last filled cell of a row are left out. */
export function sheetRows(options: {
  strings: readonly string[];
  formats: readonly CellFormat[];
  is1904: boolean;
  row(line: string): void;
}): XmlHandlers {
  const { strings, formats, is1904 } = options;
  let line = '';
  let lastColumn = 0;
  let column = 0;
  let type = '';
  let format: CellFormat | undefined;
  let collects: 'value' | 'formula' | 'text' | undefined;
  let value = '';
  let formula = '';
  let text = '';
  let phonetic = 0;

  return {
    open(name, attributes) {
      switch (name) {
        case 'row':
          line = '';
          lastColumn = 0;
          column = 0;
          break;
        case 'c':
          column = columnOf(attributes.r) ?? column + 1;
          type = attributes.t ?? 'n';
          format = formats[Number(attributes.s ?? 0)];
          value = '';
          formula = '';
          text = '';
          break;
        case 'v':
          collects = 'value';
          break;
        case 'f':
          collects = 'formula';
          break;
        case 't':
          collects = phonetic > 0 ? undefined : 'text';
          break;
        case 'rPh':
          phonetic += 1;
          break;
        default:
      }
    },
    text(piece) {
      if (collects === 'value' && value.length < longestCell) value += piece;
      else if (collects === 'formula' && formula.length < longestCell) formula += piece;
      else if (collects === 'text' && text.length < longestCell) text += piece;
    },
    close(name) {
      if (name === 'c') addCell();
      else if (name === 'row' && line !== '') options.row(line);
      else if (name === 'rPh') phonetic -= 1;
      collects = undefined;
    },
  };

  function addCell(): void {
    const shown = decodeEscapes(showCell()).replace(/\s+/g, ' ').trim();
    if (shown === '') return;
    const gap = column - lastColumn;
    if (line === '' && column <= widestGap) line = ' | '.repeat(column - 1);
    else if (gap > widestGap || gap < 1) line += `${line && ' | '}[column ${letters(column)}] `;
    else line += ' | '.repeat(gap);
    line += shown;
    lastColumn = column;
  }

  function showCell(): string {
    switch (type) {
      case 's':
        return strings[Number(value)] ?? '';
      case 'b':
        return value === '' ? '' : value === '1' ? 'TRUE' : 'FALSE';
      case 'inlineStr':
        return text;
      case 'n':
        // A formula whose program never computed it.
        return value === '' && formula !== '' ? `=${formula}` : showNumber(value, format, is1904);
      case 'd':
        return value.replace('T', ' ');
      default:
        return value === '' && formula !== '' ? `=${formula}` : value;
    }
  }
}

/** Characters that XML cannot hold are written as `_x000D_`, and what only looks so as `_x005F_x000D_` (ECMA-376 part 1, 22.9.2.19). */
function decodeEscapes(text: string): string {
  return text.replace(/_x([0-9A-F]{4})_/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

/** The column of a cell's address, from 1: `C` of `C12` is 3. */
function columnOf(address: string | undefined): number | undefined {
  let column = 0;
  for (const letter of /^[A-Z]{1,3}/.exec(address ?? '')?.[0] ?? '')
    column = column * 26 + letter.charCodeAt(0) - 64;
  return column || undefined;
}

function letters(column: number): string {
  let name = '';
  for (let left = column; left > 0; left = Math.floor((left - 1) / 26))
    name = String.fromCharCode(65 + ((left - 1) % 26)) + name;
  return name;
}
