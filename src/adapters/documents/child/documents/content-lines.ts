import { MediaUnusable } from '#src/domain/errors.ts';
import { readPlainText } from '../../plain-text.ts';

/** Calendars and cards are mostly attachments and portraits by weight; more than this is no honest one. */
const mostUnits = 32 * 1024 * 1024;
/** One event or card without its attachments. */
const mostComponentUnits = 200_000;

/** An event, a task or a card: its name and its lines, still folded, from its BEGIN and without its END. */
export interface RawComponent {
  readonly name: string;
  readonly lines: readonly string[];
  /** It is never closed: the file may have been cut off. */
  readonly isCut: boolean;
}

/**
 * Cuts a file of content lines (RFC 5545, RFC 6350) into its components, so that a broken one costs only itself. Binary properties
 * are left out: a portrait is base64 over a thousand lines.
 * @param names the components wanted, in capitals
 * @returns what stands outside of them as well, under the name `''`
 */
export async function readComponents(path: string, names: readonly string[]): Promise<RawComponent[]> {
  const components: RawComponent[] = [];
  let name = '';
  let lines: string[] = [];
  let units = 0;
  let isBinary = false;
  const outside: string[] = [];
  const close = (isCut: boolean) => {
    if (name !== '') components.push({ name, lines, isCut });
    name = '';
  };
  for (const line of (await readPlainText(path, mostUnits)).split('\n')) {
    const isFolded = line.startsWith(' ') || line.startsWith('\t');
    if (!isFolded) isBinary = /^(?:[\w-]+\.)?(PHOTO|LOGO|SOUND|KEY|ATTACH|IMAGE)[;:]/i.test(line);
    if (isBinary || line === '') continue;
    const [, edge, what = ''] =
      /^(BEGIN|END):([A-Z]+)\s*$/i.exec(line)?.map((part) => part.toUpperCase()) ?? [];
    // None of them stands within another, and none outlives the calendar.
    const isCut = (edge === 'BEGIN' && names.includes(what)) || (edge === 'END' && what === 'VCALENDAR');
    if (isCut) close(true);
    if (edge === 'BEGIN' && names.includes(what)) {
      name = what;
      lines = [];
      units = 0;
    }
    units += line.length;
    if (name === '') outside.push(line);
    else if (edge === 'END' && what === name) close(false);
    else if (units <= mostComponentUnits) lines.push(line);
  }
  close(true);
  if (components.length === 0) throw new MediaUnusable('empty', 'There is no component');
  return [{ name: '', lines: outside, isCut: false }, ...components];
}
