/**
 * Parsing emphasis and nesting costs more than linear time, so long texts are parsed in chunks of about this many UTF-16 units:
 * a hundred of the worst thousand-unit paragraphs take milliseconds each instead of seconds together.
 */
const chunkUnits = 10_000;

/** Twenty quotes or lists opened on one line: no person reads that, and parsers recurse into it. */
const deepNesting = /^[ \t]*(?:(?:>|[-+*][ \t]|\d{1,9}[.)][ \t])[ \t]*){20}/m;

/** Whether a chunk is nested so deeply that it is better taken as it stands. */
export function isTooDeep(chunk: string): boolean {
  return deepNesting.test(chunk);
}

/**
 * Cuts Markdown into chunks that can be parsed on their own: at blank lines outside code fences, before lines that are not indented,
 * so that no list item, quote or code block is torn apart. Ordinary answers are one chunk.
 */
export function chunkMarkdown(source: string): string[] {
  if (source.length <= chunkUnits) return [source];
  const chunks: string[] = [];
  let lines: string[] = [];
  let units = 0;
  let fence = '';
  for (const line of source.split('\n')) {
    const mark = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1] ?? '';
    const isFull = units >= chunkUnits;
    const mayCut = fence === '' && lines.at(-1)?.trim() === '' && /^\S/.test(line);
    // Far past the limit any line has to do.
    if ((isFull && mayCut) || units >= chunkUnits * 2) {
      chunks.push(lines.join('\n'));
      lines = fence === '' ? [] : [fence];
      if (fence !== '') chunks.push(`${chunks.pop() ?? ''}\n${fence}`);
      units = 0;
    }
    for (const piece of pieces(line)) {
      lines.push(piece);
      units += piece.length + 1;
    }
    if (mark !== '') fence = nextFence(fence, mark);
  }
  return [...chunks, lines.join('\n')];
}

/** A single line longer than a chunk is no formatted text; cut in pieces it stays cheap. */
function pieces(line: string): string[] {
  if (line.length <= chunkUnits) return [line];
  const found: string[] = [];
  for (let from = 0; from < line.length; ) {
    const end = from + chunkUnits;
    const isInsidePair = /[\ud800-\udbff]/.test(line[end - 1] ?? '');
    found.push(line.slice(from, isInsidePair ? end - 1 : end));
    from = isInsidePair ? end - 1 : end;
  }
  return found;
}

function nextFence(open: string, mark: string): string {
  if (open === '') return mark;
  const closes = mark[0] === open[0] && mark.length >= open.length;
  return closes ? '' : open;
}
