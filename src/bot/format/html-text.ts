import { closeMark, type MarkKind, openMark } from './whatsapp-marks.ts';

/** Names that make `<…>` an HTML tag. Anything else in angle brackets (`<your name>`) is text the person should see. */
const elements = new Set(
  `a abbr address area article aside audio b base bdi bdo big blockquote body br button canvas caption center cite code col
  colgroup data datalist dd del details dfn dialog div dl dt em embed fieldset figcaption figure font footer form frame frameset
  h1 h2 h3 h4 h5 h6 head header hgroup hr html i iframe img input ins kbd label legend li link main map mark marquee math menu
  meta meter nav noscript object ol optgroup option output p param picture pre progress q rp rt ruby s samp script search section
  select slot small source span strike strong style sub summary sup svg g path circle rect table tbody td template textarea tfoot
  th thead time title tr track tt u ul var video wbr`
    .trim()
    .split(/\s+/),
);

const marksOf: Readonly<Record<string, MarkKind>> = {
  b: 'bold',
  strong: 'bold',
  i: 'italic',
  em: 'italic',
  s: 'strike',
  del: 'strike',
  strike: 'strike',
};
const lineBreaks = new Set(['br', 'p', 'div', 'tr', 'ul', 'ol', 'table', 'summary', 'section', 'article']);

const commentOrCode = /<!--[\s\S]*?(?:-->|$)|<(script|style)\b[\s\S]*?(?:<\/\1\s*>|$)/gi;
const tag = /<(\/?)([a-z][a-z\d-]*)(?:\s[^<>]*|\/)?>|<[!?][^<>]*>/gi;

/**
 * HTML as text: scripts, styles and comments disappear, tags become line breaks, bullets or marks (as stand-ins), the rest of them
 * nothing. `text` is applied to what lies between the tags.
 */
export function htmlToText(html: string, text: (between: string) => string): string {
  const source = html.replace(commentOrCode, '');
  let out = '';
  let from = 0;
  for (const found of source.matchAll(tag)) {
    out += text(source.slice(from, found.index)) + tagToText(found, text);
    from = found.index + found[0].length;
  }
  return out + text(source.slice(from));
}

function tagToText([whole, slash, given]: RegExpExecArray, text: (between: string) => string): string {
  if (given === undefined) return '';
  const name = given.toLowerCase();
  if (!elements.has(name)) return text(whole);
  const kind = marksOf[name];
  if (kind) return slash ? closeMark(kind) : openMark(kind);
  if (lineBreaks.has(name)) return '\n';
  return name === 'li' && !slash ? '\n- ' : '';
}
