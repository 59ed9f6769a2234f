import { attribute, type XmlHandlers } from './read-xml.ts';

/** A paragraph of a Word document, or a row of a table as one. */
export interface Paragraph {
  text: string;
  /** Id of its style. */
  style?: string | undefined;
  /** Heading level said on the paragraph itself, 1 to 9. */
  outline?: number | undefined;
  /** Its list, and how deep it stands there, where the paragraph itself says so. */
  list?: string | undefined;
  level?: number | undefined;
  /** Who wrote the comment it stands in. */
  author?: string | undefined;
}

interface Cell {
  text: string;
}

/** Turns the elements of a Word part into paragraphs, and tables into one line a row. */
export function wordText(into: {
  /** Addresses of links, by relation id. */
  links: ReadonlyMap<string, string>;
  paragraph(paragraph: Paragraph): void;
  picture(): void;
}): XmlHandlers {
  /** A text box stands inside a paragraph and holds paragraphs itself. */
  const paragraphs: Paragraph[] = [];
  /** Rows being read; one inside the other where a cell holds a table. */
  const rows: Cell[][] = [];
  const cells: Cell[] = [];
  const hrefs: { at: number; href: string | undefined }[] = [];
  let isText = false;
  let moved = 0;
  let runs = 0;
  /** Inside of what a tracked change says the paragraph's form was before. */
  let earlier = 0;
  let author: string | undefined;
  let mark: string | undefined;

  const add = (text: string): void => {
    const paragraph = paragraphs.at(-1);
    if (paragraph && moved === 0) paragraph.text += text;
  };
  const end = (paragraph: Paragraph): void => {
    const cell = cells.at(-1);
    if (!cell) into.paragraph(paragraph);
    else if (paragraph.text.trim() !== '') cell.text += (cell.text ? ' ' : '') + paragraph.text.trim();
  };

  return {
    open(name, attributes) {
      const paragraph = paragraphs.at(-1);
      switch (name) {
        case 't':
          isText = true;
          break;
        case 'p':
          paragraphs.push({ text: mark ?? '', author });
          mark = undefined;
          break;
        case 'r':
          runs += 1;
          break;
        case 'tab':
          // Outside of a run it defines a tab stop.
          if (runs > 0) add('\t');
          break;
        case 'br':
        case 'cr':
          add('\n');
          break;
        case 'noBreakHyphen':
          add('-');
          break;
        case 'pStyle':
          if (paragraph && earlier === 0) paragraph.style = attribute(attributes, 'val');
          break;
        case 'outlineLvl': {
          const level = Number(attribute(attributes, 'val'));
          if (paragraph && earlier === 0 && level < 9) paragraph.outline = level + 1;
          break;
        }
        case 'numId':
          if (paragraph && earlier === 0) paragraph.list = attribute(attributes, 'val');
          break;
        case 'ilvl':
          if (paragraph && earlier === 0) paragraph.level = Number(attribute(attributes, 'val'));
          break;
        case 'pPrChange':
          earlier += 1;
          break;
        case 'tr':
          rows.push([]);
          break;
        case 'tc':
          cells.push({ text: '' });
          break;
        case 'moveFrom':
          moved += 1;
          break;
        case 'hyperlink':
          hrefs.push({
            at: paragraph?.text.length ?? 0,
            href: into.links.get(attribute(attributes, 'id') ?? ''),
          });
          break;
        case 'footnoteReference':
        case 'endnoteReference':
          add(`[${attribute(attributes, 'id')}]`);
          break;
        case 'footnote':
        case 'endnote':
          // Those with a type are the lines between text and notes.
          mark =
            attribute(attributes, 'type') === undefined ? `[${attribute(attributes, 'id')}] ` : undefined;
          break;
        case 'comment':
          author = attribute(attributes, 'author');
          break;
        case 'docPr':
          describePicture(attributes);
          break;
        case 'drawing':
        case 'pict':
          into.picture();
          break;
        default:
      }
    },
    text(text) {
      if (isText) add(text);
    },
    close(name) {
      switch (name) {
        case 't':
          isText = false;
          break;
        case 'p': {
          const paragraph = paragraphs.pop();
          if (paragraph) end(paragraph);
          break;
        }
        case 'r':
          runs -= 1;
          break;
        case 'tc': {
          const cell = cells.pop();
          if (cell) rows.at(-1)?.push(cell);
          break;
        }
        case 'tr': {
          const row = (rows.pop() ?? []).map(({ text }) => text.replace(/\s*\n\s*/g, ' '));
          if (row.some(Boolean)) end({ text: row.join(' | ') });
          break;
        }
        case 'pPrChange':
          earlier -= 1;
          break;
        case 'moveFrom':
          moved -= 1;
          break;
        case 'hyperlink': {
          const link = hrefs.pop();
          const shown = paragraphs.at(-1)?.text.slice(link?.at).trim();
          if (link?.href && shown && !link.href.includes(shown)) add(` (${link.href})`);
          break;
        }
        case 'comment':
          author = undefined;
          break;
        default:
      }
    },
  };

  function describePicture(attributes: Readonly<Record<string, string>>): void {
    const description = attributes.descr?.trim();
    if (description) add(`[Picture: ${description.slice(0, 500)}]`);
  }
}
