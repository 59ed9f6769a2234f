/**
 * Stand-ins for marks while a line is being put together: characters of the private use area, so that a mark we mean and a star
 * that is just a star can be told apart until the whole line is known.
 */
const at = (offset: number) => String.fromCharCode(0xe000 + offset);

/** What can be marked. `star` is italic written with single stars, which may be a multiplication after all (2*3*4). */
export type MarkKind = 'bold' | 'italic' | 'star' | 'strike';

const kinds: readonly MarkKind[] = ['bold', 'italic', 'star', 'strike'];
const signs: Record<MarkKind, string> = { bold: '*', italic: '_', star: '_', strike: '~' };
/** What is written when a span turns out to be no formatting but text. */
const literals: Record<MarkKind, string> = { bold: '**', italic: '_', star: '*', strike: '~~' };

const openers = new Map(kinds.map((kind, index) => [at(index), kind]));
const closers = new Map(kinds.map((kind, index) => [at(8 + index), kind]));
const literalSigns = '*_~';
const kept = { code: at(0x20), link: at(0x21) };

const reserved = /[\ue000-\ue02f]/g;
const anyMark = /[\ue000-\ue00f]/;
const wordLike = /[\p{L}\p{N}]/u;
/** Narrow, and white space in every engine: a sign followed by it opens nothing on WhatsApp. */
const hairSpace = '\u200a';

/** Takes the stand-ins out of foreign text. */
export function withoutStandIns(text: string): string {
  return text.replace(reserved, '');
}

export const openMark = (kind: MarkKind): string => at(kinds.indexOf(kind));
export const closeMark = (kind: MarkKind): string => at(8 + kinds.indexOf(kind));
export const marked = (kind: MarkKind, inner: string): string => openMark(kind) + inner + closeMark(kind);

/** Text in which stars, underscores and tildes are meant as such. */
export function literal(text: string): string {
  return text.replace(/[*_~]/g, (sign) => at(0x10 + literalSigns.indexOf(sign)));
}

/** Collects what must reach the person untouched: code and links. */
export interface Kept {
  readonly pieces: string[];
}

/** Puts a piece aside; the returned stand-in holds its place in the line. */
export function keep({ pieces }: Kept, kind: keyof typeof kept, text: string): string {
  pieces.push(text);
  return kept[kind];
}

/**
 * Turns stand-ins into WhatsApp marks. WhatsApp formats only between word boundaries and within one line, so a mark that could
 * not work is left out, a span over several lines is marked line by line, and a literal sign that would work gets a hair space.
 */
export function toMarks(line: string, { pieces }: Kept): string {
  // Most lines have nothing to settle.
  if (line.search(reserved) === -1) return line;
  const settled = anyMark.test(line) ? settleSpans(line) : line;
  let next = 0;
  return settled
    .split('\n')
    .map((one) => settleLiterals(one))
    .join('\n')
    .replace(/[\ue020\ue021]/g, () => pieces[next++] ?? '');
}

interface OpenSpan {
  readonly kind: MarkKind;
  readonly from: number;
}

/** Decides for every span whether it becomes a mark, text or nothing. */
function settleSpans(line: string): string {
  const out = [...line];
  const stack: OpenSpan[] = [];
  const isOpen = (sign: string) => stack.some((span) => signs[span.kind] === sign);
  const nested = new Set<number>();
  for (let index = 0; index < out.length; index += 1) {
    const char = out[index] ?? '';
    const opens = openers.get(char);
    const closes = closers.get(char);
    if (opens) {
      if (isOpen(signs[opens])) nested.add(index);
      stack.push({ kind: opens, from: index });
    } else if (closes) {
      const depth = stack.findLastIndex((span) => span.kind === closes);
      const span = stack[depth];
      out[index] = '';
      if (!span) continue;
      // Whatever was opened inside and never closed (a stray <b>) is no formatting.
      for (const stray of stack.splice(depth)) out[stray.from] = '';
      const decided = nested.has(span.from) ? { open: '', close: '' } : decide(span, index, out);
      out[span.from] = decided.open;
      out[index] = decided.close;
    }
  }
  for (const stray of stack) out[stray.from] = '';
  return markLineByLine(out.join(''));
}

function decide(span: OpenSpan, end: number, out: readonly string[]): { open: string; close: string } {
  const before = neighbor(out, span.from, -1);
  const after = neighbor(out, end, 1);
  const inner = out.slice(span.from + 1, end).join('');
  if (wordLike.test(before) || wordLike.test(after)) {
    // 2*3*4 and 2**3**4 are arithmetic; 日本**語**です is emphasis that WhatsApp cannot show.
    const isArithmetic =
      span.kind === 'star' ? /\w/.test(before) || /\d/.test(after) : /\d/.test(before) && /\d/.test(after);
    const sign = isArithmetic ? literal(literals[span.kind]) : '';
    return { open: sign, close: sign };
  }
  // A link alone needs no mark, and some phones would take the sign as its last character.
  const words = inner.replace(/[\ue000-\ue01f\s]/g, '');
  if (words === '' || words === kept.link) return { open: '', close: '' };
  return { open: openMark(span.kind), close: closeMark(span.kind) };
}

/** The nearest character that will be seen. */
function neighbor(out: readonly string[], from: number, step: 1 | -1): string {
  for (let index = from + step; index >= 0 && index < out.length; index += step) {
    const char = out[index] ?? '';
    if (char === kept.link) return 'a';
    if (char !== '' && !openers.has(char) && !closers.has(char)) return char;
  }
  return ' ';
}

/** Closes what is open at the end of a line and opens it again on the next; keeps white space outside the marks. */
function markLineByLine(text: string): string {
  const open: MarkKind[] = [];
  return text
    .split('\n')
    .map((line) => {
      let marks = open.map(openMark).join('');
      for (const char of line) {
        const opens = openers.get(char);
        const closes = closers.get(char);
        if (opens) open.push(opens);
        else if (closes) open.splice(open.lastIndexOf(closes), 1);
        marks += char;
      }
      return tidySpans(marks + [...open].reverse().map(closeMark).join(''));
    })
    .join('\n');
}

const blankSpan = /[\ue000-\ue007]([ \t]*)[\ue008-\ue00f]/g;
const spaceAfterOpen = /([\ue000-\ue007]+)([ \t]+)/g;
const spaceBeforeClose = /([ \t]+)([\ue008-\ue00f]+)/g;

function tidySpans(line: string): string {
  if (!anyMark.test(line)) return line;
  return line
    .replace(blankSpan, '$1')
    .replace(spaceAfterOpen, '$2$1')
    .replace(spaceBeforeClose, '$2$1')
    .replace(/[\ue000-\ue003]/g, (char) => signs[openers.get(char) ?? 'bold'])
    .replace(/[\ue008-\ue00b]/g, (char) => signs[closers.get(char) ?? 'bold']);
}

/** Puts the literal signs back; one that WhatsApp would take for a mark is separated from its word by a hair space. */
function settleLiterals(line: string): string {
  if (!/[\ue010-\ue012]/.test(line)) return line;
  const signAt = (char: string) => literalSigns[char.charCodeAt(0) - 0xe010];
  const chars = [...line];
  const closesAt = (index: number) =>
    !/\s/.test(chars[index - 1] ?? ' ') && !wordLike.test(chars[index + 1] ?? ' ');
  const lastCloser = new Map<string, number>();
  chars.forEach((char, index) => {
    if (closesAt(index)) lastCloser.set(signAt(char) ?? char, index);
  });
  const open = new Set<string>();
  return chars
    .map((char, index) => {
      const sign = signAt(char);
      if (sign === undefined) {
        if (literalSigns.includes(char)) open.has(char) ? open.delete(char) : open.add(char);
        return char;
      }
      const before = chars[index - 1] ?? ' ';
      const after = chars[index + 1] ?? ' ';
      if (open.has(sign)) return closesAt(index) ? hairSpace + sign : sign;
      const mayOpen = !wordLike.test(before) && !/\s/.test(after) && (lastCloser.get(sign) ?? 0) > index + 1;
      return mayOpen ? sign + hairSpace : sign;
    })
    .join('');
}
