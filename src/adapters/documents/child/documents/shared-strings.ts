import type { Archive } from './open-archive.ts';
import { readXml } from './read-xml.ts';

/** A workbook's texts are kept in memory while its sheets are read; this is far more than is ever shown. */
const mostUnits = 12_000_000;
const mostStrings = 2_000_000;

/** The texts that cells point to by number. `isCut` when there were too many to keep. */
export async function readSharedStrings(
  archive: Archive,
  part: string | undefined,
): Promise<{ list: string[]; isCut: boolean }> {
  const list: string[] = [];
  let units = 0;
  let isCut = false;
  let isText = false;
  let text = '';
  /** How a Japanese word is read aloud is written beside it, not part of it. */
  let phonetic = 0;
  if (part === undefined) return { list, isCut };
  await readXml(archive.read(part), {
    open(name) {
      if (name === 'si') text = '';
      else if (name === 'rPh') phonetic += 1;
      isText = name === 't';
    },
    text(piece) {
      if (!isText || phonetic > 0) return;
      units += piece.length;
      isCut ||= units > mostUnits;
      if (!isCut) text += piece;
    },
    close(name) {
      if (name === 'rPh') phonetic -= 1;
      else if (name === 'si' && list.length < mostStrings) list.push(text);
      isText = false;
    },
  });
  return { list, isCut: isCut || list.length >= mostStrings };
}
