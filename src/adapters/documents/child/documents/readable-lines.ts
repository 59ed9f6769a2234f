/** What could be read of a component. */
export interface LenientReading<T> {
  readonly value: T;
  /** False when lines had to be left out. */
  readonly isWhole: boolean;
}

/** The content of a component on unfolded lines, without its own BEGIN and END and without what is nested in it, such as alarms. */
export function contentOf(folded: readonly string[]): string[] {
  const lines: string[] = [];
  for (const line of folded.slice(1)) {
    if (/^[ \t]/.test(line) && lines.length > 0) lines.push(`${lines.pop()}${line.slice(1)}`);
    else lines.push(line);
  }
  const edgeOf = (line: string) => /^(BEGIN|END):(.*)$/i.exec(line.trim())?.map((part) => part.toUpperCase());
  const lastEnd = new Map<string, number>();
  for (const [at, line] of lines.entries()) {
    const [, edge, what = ''] = edgeOf(line) ?? [];
    if (edge === 'END') lastEnd.set(what, at);
  }
  const content: string[] = [];
  let inside: string | undefined;
  for (const [at, line] of lines.entries()) {
    const [, edge, what = ''] = edgeOf(line) ?? [];
    if (inside !== undefined) {
      if (edge === 'END' && what === inside) inside = undefined;
      // What is begun and never ended is nothing nested, but a line too many.
    } else if (edge === 'BEGIN') inside = (lastEnd.get(what) ?? -1) > at ? what : undefined;
    else if (edge === undefined && line.trim() !== '') content.push(line);
  }
  return content;
}

/**
 * Reads a component with a library that throws at the first odd line: then each line is tried alone, and those that cannot be read
 * are left out.
 * @param read throws at lines it cannot read
 * @param others what else a line may have meant, the likeliest first
 * @returns undefined when nothing is left
 */
export function readLeniently<T>(
  lines: readonly string[],
  read: (lines: readonly string[]) => T,
  others: (line: string) => readonly string[],
): LenientReading<T> | undefined {
  const attempt = (some: readonly string[]) => {
    try {
      return { value: read(some) };
    } catch {
      return undefined;
    }
  };
  const whole = attempt(lines);
  if (whole) return { ...whole, isWhole: true };
  const kept = lines.flatMap((line) => [line, ...others(line)].find((one) => attempt([one])) ?? []);
  const rest = kept.length > 0 ? attempt(kept) : undefined;
  return rest && { ...rest, isWhole: kept.length === lines.length };
}

/** The line without its parameters, which are what is odd most of the time. */
export function withoutParameters(line: string): string {
  return line.replace(/^([\w.-]+);[^:]*:/, '$1:');
}
