import type { Handler } from 'htmlparser2';
import type { SectionWriter } from './section-writer.ts';

/** What is not text to a reader. */
const unseen = new Set(
  'script style template noscript svg math iframe object embed applet canvas audio video select datalist'.split(
    ' ',
  ),
);
/** Elements that stand on lines of their own. */
const blocks = new Set(
  'address article aside blockquote body center dd details dialog div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre section summary table tbody tfoot thead tr ul'.split(
    ' ',
  ),
);
/** In a cell of a table, paragraphs stay on the row's line until it is this long; newsletters put whole pages into cells. */
const longestRow = 300;
/** Without this a page of one endless line would be collected in memory. */
const longestLine = 20_000;
/** Longer addresses are tracking or data, and cost more tokens than they tell. */
const longestLink = 300;

/** Turns the elements of a web page into paragraphs and headings. */
export function webPageText(into: { sections: SectionWriter; title(text: string): void; picture(): void }): {
  handlers: Partial<Handler>;
  end(): void;
} {
  /** Names of open elements whose content is not shown; the first hides the rest. */
  let hiddenBy: string | undefined;
  let hiddenDepth = 0;
  let line = '';
  let title: string | undefined;
  let heading: number | undefined;
  let cells = 0;
  let preformatted = 0;
  let bullet = '';
  const links: { at: number; href: string | undefined }[] = [];

  const endLine = (): void => {
    const text = preformatted > 0 ? line.trimEnd() : line.trim();
    line = '';
    // Addresses belong to the line on which their link began.
    for (const link of links) link.at = 0;
    if (text === '') return;
    if (heading !== undefined) into.sections.heading(heading, text);
    else into.sections.paragraph(`${bullet}${text}`);
    bullet = '';
  };
  const endBlock = (name: string): void => {
    const staysInRow = cells > 0 && name !== 'tr' && name !== 'table' && line.length < longestRow;
    if (staysInRow && heading === undefined) line += line === '' || line.endsWith(' ') ? '' : ' ';
    else endLine();
  };

  const handlers: Partial<Handler> = {
    onopentag(name, attributes) {
      if (hiddenBy !== undefined) {
        if (name === hiddenBy) hiddenDepth += 1;
        return;
      }
      if (isUnseen(name, attributes)) {
        hiddenBy = name;
        hiddenDepth = 1;
        return;
      }
      if (blocks.has(name)) endBlock(name);
      const level = /^h([1-6])$/.exec(name)?.[1];
      if (level) {
        endLine();
        heading = Number(level);
      }
      switch (name) {
        case 'title':
          title = '';
          break;
        case 'pre':
          preformatted += 1;
          break;
        case 'li':
          bullet = cells > 0 ? '' : '- ';
          break;
        case 'td':
        case 'th':
          if (line.trim() !== '') line = `${line.trimEnd()} | `;
          cells += 1;
          break;
        case 'br':
          endBlock(name);
          break;
        case 'a':
          links.push({ at: line.length, href: attributes.href });
          break;
        case 'img':
          into.picture();
          if (attributes.alt?.trim()) line += `[Picture: ${attributes.alt.trim().slice(0, 500)}] `;
          break;
        default:
      }
    },
    ontext(text) {
      if (hiddenBy !== undefined) return;
      if (title !== undefined) title += text.slice(0, 2000);
      else if (preformatted > 0) addLines(text);
      else addWords(text);
    },
    onclosetag(name) {
      if (hiddenBy !== undefined) {
        if (name === hiddenBy) hiddenDepth -= 1;
        if (hiddenDepth === 0) hiddenBy = undefined;
        return;
      }
      switch (name) {
        case 'title':
          into.title(title ?? '');
          title = undefined;
          break;
        case 'pre':
          endLine();
          preformatted -= 1;
          break;
        case 'td':
        case 'th':
          cells -= 1;
          break;
        case 'a':
          endLink();
          break;
        default:
      }
      if (blocks.has(name)) endBlock(name);
      if (/^h[1-6]$/.test(name)) {
        endLine();
        heading = undefined;
      }
    },
  };
  return { handlers, end: endLine };

  function addWords(text: string): void {
    const words = text.replace(/\s+/g, ' ');
    line += line === '' || line.endsWith(' ') ? words.trimStart() : words;
    if (line.length > longestLine) endLine();
  }

  function addLines(text: string): void {
    const [first = '', ...rest] = text.split('\n');
    line += first;
    for (const next of rest) {
      into.sections.paragraph(line);
      line = next;
    }
  }

  function endLink(): void {
    const link = links.pop();
    const shown = line.slice(link?.at).trim();
    const href = link?.href?.trim() ?? '';
    if (shown === '' || href.length > longestLink || !/^(https?:|mailto:|tel:)/i.test(href)) return;
    if (!href.includes(shown)) line = `${line.trimEnd()} (${href})`;
  }
}

function isUnseen(name: string, attributes: Readonly<Record<string, string>>): boolean {
  return (
    unseen.has(name) ||
    'hidden' in attributes ||
    /display\s*:\s*none|visibility\s*:\s*hidden/i.test(attributes.style ?? '')
  );
}
