import { attribute, type XmlHandlers } from './read-xml.ts';

/** Places that repeat on every slide and say nothing about this one. */
const repeated = new Set(['sldNum', 'dt', 'ftr', 'hdr']);

/** What is written on a slide, in its notes or in a diagram: paragraph by paragraph, tables one line a row. */
export interface SlideText {
  readonly handlers: XmlHandlers;
  readonly lines: readonly string[];
  readonly title: string | undefined;
  readonly isHidden: boolean;
  readonly hasPictures: boolean;
}

export function slideText(): SlideText {
  const lines: string[] = [];
  let title = '';
  let isHidden = false;
  let hasPictures = false;
  let place = '';
  let isText = false;
  let line = '';
  let cells: string[] | undefined;
  let cell = '';

  const endLine = (): void => {
    const text = line.trim();
    line = '';
    if (text === '' || repeated.has(place)) return;
    if (cells) {
      cell += (cell ? ' ' : '') + text;
      return;
    }
    if (place === 'title' || place === 'ctrTitle') title += (title ? ' ' : '') + text;
    lines.push(text);
  };
  const handlers: XmlHandlers = {
    open(name, attributes) {
      switch (name) {
        case 'sld':
          isHidden = attributes.show === '0' || attributes.show === 'false';
          break;
        case 'sp':
          place = '';
          break;
        case 'ph':
          place = attribute(attributes, 'type') ?? '';
          break;
        case 'pic':
          hasPictures = true;
          break;
        case 'cNvPr':
          if (attributes.descr?.trim()) lines.push(`[Picture: ${attributes.descr.trim().slice(0, 500)}]`);
          break;
        case 't':
          isText = true;
          break;
        case 'br':
          line += '\n';
          break;
        case 'tr':
          cells = [];
          break;
        case 'tc':
          cell = '';
          break;
        default:
      }
    },
    text(text) {
      if (isText) line += text;
    },
    close(name) {
      switch (name) {
        case 't':
          isText = false;
          break;
        case 'p':
          endLine();
          break;
        case 'sp':
          place = '';
          break;
        case 'tc':
          cells?.push(cell);
          break;
        case 'tr':
          if (cells?.some(Boolean)) lines.push(cells.join(' | '));
          cells = undefined;
          break;
        default:
      }
    },
  };
  return {
    handlers,
    lines,
    get title() {
      return title || undefined;
    },
    get isHidden() {
      return isHidden;
    },
    get hasPictures() {
      return hasPictures;
    },
  };
}
