import type { CellFormat } from './cell-formats.ts';

const dayMs = 86_400_000;
/** Day 0 of either calendar. The usual one counts a 29th of February 1900 that never was, so it begins a day early. */
const epoch1900 = Date.UTC(1899, 11, 30);
const epoch1904 = Date.UTC(1904, 0, 1);
/** 31 December 9999, the last day a spreadsheet knows. */
const lastDay = 2_958_465;

/** The number of a cell as a person would write it: dates as `2026-03-04 10:30`, `25%`, `1234.5 €`. */
export function showNumber(raw: string, format: CellFormat | undefined, is1904: boolean): string {
  const value = Number(raw);
  if (raw === '' || !Number.isFinite(value)) return raw;
  switch (format?.kind) {
    case 'date':
    case 'time':
    case 'date_time':
      return showDate(value, format.kind, is1904) ?? plain(value);
    case 'elapsed':
      return showElapsed(value);
    case 'percent':
      return `${plain(value * 100)}%`;
    default:
      return format?.currency ? `${plain(value)} ${format.currency}` : plain(value);
  }
}

function showDate(days: number, kind: 'date' | 'time' | 'date_time', is1904: boolean): string | undefined {
  if (days < 0 || days > lastDay + 1) return undefined;
  // Rounded to seconds: 10:30 is stored as 0.4375, but 10:20 as 0.430555555555556.
  const seconds = Math.round(days * 86_400) * 1000;
  const early = !is1904 && days < 60 ? dayMs : 0;
  const iso = new Date((is1904 ? epoch1904 : epoch1900) + early + seconds).toISOString();
  const time = iso.slice(11, iso.slice(17, 19) === '00' ? 16 : 19);
  if (kind === 'time' || (kind === 'date_time' && days < 1)) return time;
  return kind === 'date' ? iso.slice(0, 10) : `${iso.slice(0, 10)} ${time}`;
}

function showElapsed(days: number): string {
  const minutes = Math.round(Math.abs(days) * 1440);
  return `${days < 0 ? '-' : ''}${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')}`;
}

/** Fifteen digits are all a spreadsheet has; what comes after is the dust of binary fractions. */
function plain(value: number): string {
  return String(Number(value.toPrecision(15)));
}
