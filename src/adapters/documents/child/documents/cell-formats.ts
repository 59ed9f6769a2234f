import type { Archive } from './open-archive.ts';
import { readXml } from './read-xml.ts';

/** What the number in a cell means. */
export interface CellFormat {
  readonly kind: 'plain' | 'date' | 'time' | 'date_time' | 'elapsed' | 'percent';
  /** Sign or code of a currency: `€`, `USD`. */
  readonly currency?: string | undefined;
}

/** Formats every program knows by number (ECMA-376 part 1, 18.8.30); those of East Asia are dates too. */
const builtIn: readonly (readonly [from: number, to: number, kind: CellFormat['kind']])[] = [
  [9, 10, 'percent'],
  [14, 17, 'date'],
  [18, 21, 'time'],
  [22, 22, 'date_time'],
  [27, 36, 'date'],
  [45, 45, 'time'],
  [46, 46, 'elapsed'],
  [47, 47, 'time'],
  [50, 58, 'date'],
];

/** The formats of a workbook's cells, in the order of their style numbers. */
export async function readCellFormats(archive: Archive, part: string | undefined): Promise<CellFormat[]> {
  const own = new Map<number, CellFormat>();
  const formats: CellFormat[] = [];
  let inCellFormats = false;
  if (part === undefined) return formats;
  try {
    await readXml(archive.read(part), {
      open(name, { numFmtId, formatCode }) {
        const id = Number(numFmtId);
        if (name === 'cellXfs') inCellFormats = true;
        else if (name === 'numFmt' && formatCode !== undefined) own.set(id, toCellFormat(formatCode));
        else if (name === 'xf' && inCellFormats) formats.push(own.get(id) ?? builtInFormat(id));
      },
      close(name) {
        if (name === 'cellXfs') inCellFormats = false;
      },
    });
  } catch {
    // Without its styles a workbook is numbers without meaning, which is better than nothing.
  }
  return formats;
}

function builtInFormat(id: number): CellFormat {
  return { kind: builtIn.find(([from, to]) => id >= from && id <= to)?.[2] ?? 'plain' };
}

/** What a format of the author's own means, by its first section: `dd.mm.yyyy;@`, `#,##0.00 [$€-407]`. */
export function toCellFormat(code: string): CellFormat {
  const first = code.slice(0, 500).split(';')[0] ?? '';
  const currency =
    /\[\$([^\]-]+)(?:-[^\]]*)?\]/.exec(first)?.[1] ?? /[$€£¥₹₽₺]|(?<=")[A-Z]{3}(?=")/.exec(first)?.[0];
  if (/\[(h+|m+|s+)\]/i.test(first)) return { kind: 'elapsed' };
  // What remains after literals, escapes, padding and conditions are letters with a meaning.
  const letters = first.replace(/"[^"]*"|\\.|_.|\*.|\[[^\]]*\]/g, '').replace(/AM\/PM|A\/P/gi, 'h');
  if (letters.includes('%')) return { kind: 'percent' };
  if (/general|[#0?]/i.test(letters.replace(/[hmsy.:/-]*\.0+/gi, ''))) return { kind: 'plain', currency };
  const hasTime = /[hs]/i.test(letters);
  const hasDate = /[yd]/i.test(letters) || (/m/i.test(letters) && !hasTime);
  if (hasDate) return { kind: hasTime ? 'date_time' : 'date' };
  return hasTime ? { kind: 'time' } : { kind: 'plain', currency };
}
