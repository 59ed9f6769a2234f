import type { Tokens } from 'marked';
import { inlineText } from './inline-text.ts';
import type { MarkKind } from './whatsapp-marks.ts';

/** A row written in one line stays readable on a phone up to about two lines. */
const oneLine = 80;

/**
 * A table as lines for a narrow screen. One column is a list; two columns read `a: b`; more columns read
 * `*row head*: column: value; column: value`, or one line a value where that gets long.
 */
export function tableText(table: Tokens.Table): string {
  const names = table.header.map((cell) => cellText(cell));
  const heads = table.header.map((cell) => cellText(cell, 'bold'));
  const rows = table.rows.filter((row) => row.some((cell) => cell.text.trim() !== ''));
  if (names.length <= 2) {
    const lines = rows.map((row) => `- ${joined(row.map((cell) => cellText(cell)))}`);
    const title = inlineText([{ type: 'text', raw: '', text: '' }, ...headTokens(table)], 'bold');
    return [title, ...lines].filter(Boolean).join('\n');
  }
  if (rows.length === 0) return heads.filter(Boolean).join(', ');
  const written = rows.map((row) => ({
    head: row[0] ? cellText(row[0], 'bold') : '',
    values: row.slice(1).flatMap((cell, index) => {
      const value = cellText(cell);
      const name = names[index + 1];
      if (value === '') return [];
      return [name ? `${name}: ${value}` : value];
    }),
  }));
  const lines = written.map(({ head, values }) => joined([head, values.join('; ')]));
  if (lines.every((line) => line.length <= oneLine)) return lines.map((line) => `- ${line}`).join('\n');
  return written
    .map(({ head, values }) => [head, ...values.map((value) => `- ${value}`)].filter(Boolean).join('\n'))
    .join('\n\n');
}

/** The header of a narrow table, `Item: Price`, as one run of tokens so that it can be bold as a whole. */
function headTokens(table: Tokens.Table): Tokens.Table['header'][number]['tokens'] {
  const cells = table.header.filter((cell) => cell.text.trim() !== '');
  return cells.flatMap((cell, index) =>
    index === 0 ? cell.tokens : [{ type: 'text', raw: ': ', text: ': ' }, ...cell.tokens],
  );
}

function cellText(cell: Tokens.TableCell, within?: MarkKind): string {
  return inlineText(cell.tokens, within)
    .replace(/\s*\n\s*/g, ' / ')
    .trim();
}

function joined(cells: readonly string[]): string {
  return cells.filter(Boolean).join(': ');
}
