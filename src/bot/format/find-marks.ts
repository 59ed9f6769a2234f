/** A stretch of text that WhatsApp shows formatted. Offsets are UTF-16 units; the signs stand just inside `from` and `to`. */
export interface MarkSpan {
  /** `*`, `_`, `~`, `` ` `` or three backticks. */
  readonly sign: string;
  readonly from: number;
  readonly to: number;
  /** Three backticks with line breaks inside. */
  readonly isBlock: boolean;
}

const wordLike = /[\p{L}\p{N}]/u;
const fence = '```';

/** Finds code blocks first, then marks line by line outside of them; spans are properly nested and ordered by `from`. */
export function findMarks(text: string): MarkSpan[] {
  const spans: MarkSpan[] = [];
  let from = 0;
  for (;;) {
    const opened = text.indexOf(fence, from);
    const closed = opened === -1 ? -1 : text.indexOf(fence, opened + fence.length);
    if (closed === -1) break;
    spans.push(...marksOfLines(text, from, opened));
    const to = closed + fence.length;
    spans.push({ sign: fence, from: opened, to, isBlock: text.slice(opened, to).includes('\n') });
    from = to;
  }
  return [...spans, ...marksOfLines(text, from, text.length)];
}

function marksOfLines(text: string, from: number, to: number): MarkSpan[] {
  const spans: MarkSpan[] = [];
  let start = from;
  for (const line of text.slice(from, to).split('\n')) {
    spans.push(...marksOfLine(line, start));
    start += line.length + 1;
  }
  return spans;
}

function marksOfLine(line: string, offset: number): MarkSpan[] {
  const closers = closersOf(line);
  const spans: MarkSpan[] = [];
  const enclosing: number[] = [];
  for (let at = 0; at < line.length; at += 1) {
    while ((enclosing.at(-1) ?? Number.POSITIVE_INFINITY) <= at) enclosing.pop();
    const sign = line[at] ?? '';
    const ends = closers.get(sign);
    if (!ends) continue;
    const isCode = sign === '`';
    const opens = isCode || (!wordLike.test(line[at - 1] ?? ' ') && !/\s/.test(line[at + 1] ?? ' '));
    if (!opens) continue;
    while ((ends.at[ends.next] ?? Number.POSITIVE_INFINITY) <= at + 1) ends.next += 1;
    const end = ends.at[ends.next];
    if (end === undefined || end >= (enclosing.at(-1) ?? line.length)) continue;
    spans.push({ sign, from: offset + at, to: offset + end + 1, isBlock: false });
    ends.next += 1;
    // Nothing inside code is a mark.
    if (isCode) at = end;
    else enclosing.push(end);
  }
  return spans;
}

/** Where one sign could end a span, left to right, and how many of these places have been passed or used. */
interface Closers {
  readonly at: number[];
  next: number;
}

function closersOf(line: string): Map<string, Closers> {
  const closers = new Map<string, Closers>(['*', '_', '~', '`'].map((sign) => [sign, { at: [], next: 0 }]));
  for (let at = 1; at < line.length; at += 1) {
    const sign = line[at] ?? '';
    const mayClose = sign === '`' || (!/\s/.test(line[at - 1] ?? ' ') && !wordLike.test(line[at + 1] ?? ' '));
    if (mayClose) closers.get(sign)?.at.push(at);
  }
  return closers;
}
