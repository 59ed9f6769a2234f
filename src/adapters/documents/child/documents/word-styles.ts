import type { Archive } from './open-archive.ts';
import { attribute, readXml } from './read-xml.ts';

/** Levels below this are running text to a reader. */
const lowestLevel = 6;

/** What a style of Word gives to its paragraphs. */
export interface ParagraphStyle {
  /** Level of a heading, from 1; undefined for running text. */
  heading?: number;
  list?: string;
  level?: number;
}

/**
 * A Word document's styles by their ids. Ids differ from language to language (`berschrift1`); the built-in name does not
 * (`heading 1`), and a style of the author's own has an outline level or is based on one that has.
 */
export async function readStyles(
  archive: Archive,
  part: string | undefined,
): Promise<ReadonlyMap<string, ParagraphStyle>> {
  const styles = new Map<string, ParagraphStyle>();
  const basedOn = new Map<string, string>();
  let id = '';
  let style: ParagraphStyle = {};
  try {
    if (part !== undefined) await readXml(archive.read(part), { open });
  } catch {
    // Without its styles a document is text without headings.
  }
  for (const [child, parent] of basedOn) {
    styles.set(child, { ...styles.get(parent), ...styles.get(child) });
  }
  return styles;

  function open(name: string, attributes: Readonly<Record<string, string>>): void {
    const value = attribute(attributes, 'val') ?? '';
    switch (name) {
      case 'style':
        id = attribute(attributes, 'styleId') ?? '';
        style = {};
        styles.set(id, style);
        break;
      case 'basedOn':
        basedOn.set(id, value);
        break;
      case 'name': {
        const level = /^title$/i.test(value) ? 1 : Number(/^heading (\d)$/i.exec(value)?.[1]);
        if (level <= lowestLevel) style.heading = level;
        break;
      }
      case 'outlineLvl':
        if (Number(value) < lowestLevel) style.heading ??= Number(value) + 1;
        break;
      case 'numId':
        style.list = value;
        break;
      case 'ilvl':
        style.level = Number(value);
        break;
      default:
    }
  }
}
