/** The parameter in which a label of the person's own travels from `normalizeCard` to the words. */
export const labelParameter = 'x-label';

/**
 * Brings a card to the one form the parser knows. Groups (`item1.TEL` with `item1.X-ABLabel`) become parameters. In version 2.1,
 * which phones still write, bare parameters (`TEL;CELL:`) become types and quoted-printable text becomes plain.
 */
export function normalizeCard(lines: readonly string[]): string[] {
  // What does not say its version is written like the oldest.
  const isOld = !lines.some((line) => /^VERSION[^:]*:\s*[34]/i.test(line));
  const modern = isOld ? modernize(lines) : lines;
  const labels = new Map<string, string>();
  for (const line of modern) {
    const [, group, label] = /^([\w-]+)\.X-ABLabel(?:;[^:]*)?:(.*)$/i.exec(line) ?? [];
    // Apple writes its own labels as _$!<Mobile>!$_.
    if (group && label) labels.set(group, label.replace(/^_\$!<(.*)>!\$_$/, '$1').replaceAll('"', ''));
  }
  return modern.map((line) => {
    const [whole, group, name] = /^([\w-]+)\.([\w-]+)(?=[;:])/.exec(line) ?? [];
    if (whole === undefined || group === undefined) return line;
    const label = labels.get(group);
    return `${name}${label ? `;${labelParameter}="${label}"` : ''}${line.slice(whole.length)}`;
  });
}

function modernize(lines: readonly string[]): string[] {
  const modern: string[] = [];
  for (let at = 0; at < lines.length; at += 1) {
    let line = lines[at] ?? '';
    const isQuoted = /^[^:]*;(?:ENCODING=)?QUOTED-PRINTABLE[;:]/i.test(line);
    // In quoted-printable a line goes on after a "=" at its end.
    while (isQuoted && line.endsWith('=') && at + 1 < lines.length) {
      at += 1;
      line = line.slice(0, -1) + (lines[at] ?? '').replace(/^[ \t]/, '');
    }
    modern.push(modernizeLine(line, isQuoted));
  }
  return modern;
}

/** A line of version 2.1 as one of 3.0; one of 3.0 stays as it is. */
export function modernizeLine(line: string, isQuoted: boolean): string {
  const colon = line.indexOf(':');
  if (colon < 0 || /^[ \t]/.test(line)) return line;
  const [name = '', ...parameters] = line.slice(0, colon).split(';');
  const charset = parameters.find((parameter) => /^CHARSET=/i.test(parameter))?.slice('CHARSET='.length);
  const kept = parameters
    .filter((parameter) => !/^(?:ENCODING=|CHARSET=)|^(?:QUOTED-PRINTABLE|8BIT|7BIT)$/i.test(parameter))
    .map((parameter) => (parameter.includes('=') ? parameter : `TYPE=${parameter}`));
  const value = line.slice(colon + 1);
  const plain = isQuoted ? decodeQuotedPrintable(value, charset) : value;
  return `${[name, ...kept].join(';')}:${/^VERSION$/i.test(name) ? '3.0' : plain.replace(/\r?\n/g, '\\n')}`;
}

function decodeQuotedPrintable(text: string, charset: string | undefined): string {
  const bytes = Buffer.from(
    text.replace(/=([0-9A-F]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  );
  try {
    return new TextDecoder(charset ?? 'utf-8').decode(bytes);
  } catch {
    return new TextDecoder('utf-8').decode(bytes);
  }
}
