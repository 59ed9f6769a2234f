import type { Archive } from './open-archive.ts';
import { attribute, readXml } from './read-xml.ts';

/** The place of a paragraph in a list: which list, and how deep, from 0. */
export interface ListPlace {
  readonly list: string | undefined;
  readonly level: number | undefined;
}

/** Says what stands before a paragraph of a list: `2.1`, `(a)`, `-`. Has to be asked in the order of the text. */
export interface Numbering {
  /** Undefined where the paragraph is in no list. */
  next(place: ListPlace): string | undefined;
}

interface Level {
  format: string;
  text: string;
  start: number;
}
/** A list's form, which several lists may share together with its counting. */
interface ListForm {
  readonly levels: Level[];
  readonly counts: number[];
}

/** Word knows nine. */
const mostLevels = 9;
const bullet = '-';

/** Numbers are not in the text: Word counts them while it shows it (ECMA-376 part 1, 17.9), and so does this. */
export async function readNumbering(archive: Archive, part: string | undefined): Promise<Numbering> {
  const forms = new Map<string, ListForm>();
  const lists = new Map<string, ListForm>();
  let form: ListForm | undefined;
  let level: Level | undefined;
  let list = '';
  try {
    if (part !== undefined) await readXml(archive.read(part), { open });
  } catch {
    // Without their forms lists have bullets, which is better than no text.
  }
  return {
    next({ list: id, level: depth = 0 }) {
      if (id === undefined || id === '0') return undefined;
      const found = lists.get(id);
      return found?.levels[depth] ? count(found, depth) : bullet;
    },
  };

  function open(name: string, attributes: Readonly<Record<string, string>>): void {
    const value = attribute(attributes, 'val') ?? '';
    if (name === 'abstractNum') {
      form = { levels: [], counts: [] };
      forms.set(attribute(attributes, 'abstractNumId') ?? '', form);
    } else if (name === 'lvl' && form) {
      const depth = Number(attribute(attributes, 'ilvl'));
      level = { format: 'decimal', text: '', start: 1 };
      if (depth >= 0 && depth < mostLevels) form.levels[depth] = level;
    } else if (name === 'num') {
      form = undefined;
      level = undefined;
      list = attribute(attributes, 'numId') ?? '';
    } else if (name === 'abstractNumId') {
      const shared = forms.get(value);
      if (shared) lists.set(list, shared);
    } else if (name === 'startOverride') {
      const shared = lists.get(list);
      // A list that starts anew counts for itself.
      if (shared) lists.set(list, { levels: shared.levels, counts: [] });
    } else if (level && name === 'numFmt') level.format = value;
    else if (level && name === 'lvlText') level.text = value.slice(0, 50);
    else if (level && name === 'start') level.start = Number(value) || 0;
  }
}

function count({ levels, counts }: ListForm, depth: number): string {
  const present = counts[depth];
  counts[depth] = present === undefined ? (levels[depth]?.start ?? 1) : present + 1;
  // Deeper levels begin anew below each number.
  counts.length = depth + 1;
  const { format = 'decimal', text = '' } = levels[depth] ?? {};
  if (format === 'bullet' || text === '') return bullet;
  return text.replace(/%([1-9])/g, (_, digit: string) => {
    const at = Number(digit) - 1;
    return inFormat(counts[at] ?? levels[at]?.start ?? 1, levels[at]?.format ?? 'decimal');
  });
}

function inFormat(value: number, format: string): string {
  switch (format) {
    case 'lowerLetter':
      return letters(value);
    case 'upperLetter':
      return letters(value).toUpperCase();
    case 'lowerRoman':
      return roman(value).toLowerCase();
    case 'upperRoman':
      return roman(value);
    case 'decimalZero':
      return String(value).padStart(2, '0');
    default:
      return String(value);
  }
}

/** a, b … z, aa, bb: Word repeats the letter. */
function letters(value: number): string {
  const at = Math.max(0, value - 1);
  return String.fromCharCode(97 + (at % 26)).repeat(Math.min(Math.floor(at / 26) + 1, 20));
}

function roman(value: number): string {
  const signs = ['M', 'CM', 'D', 'CD', 'C', 'XC', 'L', 'XL', 'X', 'IX', 'V', 'IV', 'I'];
  const worth = [1000, 900, 500, 400, 100, 90, 50, 40, 10, 9, 5, 4, 1];
  if (value > 5000) return String(value);
  let text = '';
  let left = value;
  signs.forEach((sign, at) => {
    for (; left >= (worth[at] ?? 1); left -= worth[at] ?? 1) text += sign;
  });
  return text;
}
