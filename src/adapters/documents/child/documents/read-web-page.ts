import { createReadStream } from 'node:fs';
import { Parser } from 'htmlparser2';
import { cleanTitle } from '../../clean-text.ts';
import { readHead } from '../../read-head.ts';
import { textEncodingOf } from '../../text-encoding.ts';
import type { DocumentFacts } from './document-facts.ts';
import type { PageWriter } from './page-writer.ts';
import { createSectionWriter } from './section-writer.ts';
import { webPageText } from './web-page-text.ts';

/** Where a page may say its encoding (HTML 13.2.3.2 looks at the first 1,024 bytes; saved pages say it later). */
const declarationBytes = 4096;

/** Reads what a person would see of a web page: headings, paragraphs, lists, tables row by row, and where links lead. */
export async function readWebPage(path: string, pages: PageWriter, facts: DocumentFacts): Promise<void> {
  const decoder = new TextDecoder(encodingOf(await readHead(path)));
  const text = webPageText({
    sections: createSectionWriter(pages),
    title(title) {
      facts.title ??= cleanTitle(title);
    },
    picture() {
      facts.hasPictures = true;
    },
  });
  const parser = new Parser(text.handlers, { decodeEntities: true });
  for await (const bytes of createReadStream(path)) {
    parser.write(decoder.decode(bytes as Uint8Array, { stream: true }));
    await pages.flush();
  }
  parser.end();
  text.end();
}

function encodingOf(head: Buffer): string {
  const found = textEncodingOf(head);
  if (found === 'utf-16le' || found === 'utf-16be') return found;
  if (head.subarray(0, 3).equals(Buffer.from('efbbbf', 'hex'))) return 'utf-8';
  const declared = /charset\s*=\s*["']?\s*([\w-]+)/i.exec(head.toString('latin1', 0, declarationBytes))?.[1];
  try {
    const encoding = new TextDecoder(declared ?? found ?? 'windows-1252').encoding;
    // A page whose declaration can be read byte by byte is not UTF-16, whatever it says.
    return encoding.startsWith('utf-16') ? 'utf-8' : encoding;
  } catch {
    return found ?? 'windows-1252';
  }
}
