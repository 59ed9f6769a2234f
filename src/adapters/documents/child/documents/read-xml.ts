import { Parser } from 'htmlparser2';
import { MediaUnusable } from '#src/domain/errors.ts';

/** Elements and attributes by their local names: which prefix a program writes is its own affair. */
export interface XmlHandlers {
  open?(name: string, attributes: Readonly<Record<string, string>>): void;
  close?(name: string): void;
  text?(text: string): void;
}

/** Honest files stay below a hundred; the parser slows down with the square of it. */
const deepest = 5_000;

/**
 * Reads a part of an Office file as a stream of elements. Nothing is expanded or fetched: a part with a DOCTYPE, which the format
 * forbids, is refused, and entities other than the five of XML and characters by number stay as they are written.
 * @param onPiece is awaited after each piece of the part
 */
export async function readXml(
  bytes: AsyncIterable<Uint8Array>,
  handlers: XmlHandlers,
  onPiece?: () => Promise<void>,
): Promise<void> {
  /** Content for older programs that repeats what another branch holds (`mc:Fallback`). */
  let repeated = 0;
  let depth = 0;
  const parser = new Parser(
    {
      onopentag(tag, attributes) {
        const name = localName(tag);
        depth += 1;
        if (depth > deepest) throw new MediaUnusable('too_complex', 'A part is nested too deep');
        if (name === 'Fallback') repeated += 1;
        if (repeated === 0) handlers.open?.(name, attributes);
      },
      onclosetag(tag) {
        const name = localName(tag);
        depth -= 1;
        if (repeated === 0) handlers.close?.(name);
        if (name === 'Fallback' && repeated > 0) repeated -= 1;
      },
      ontext(text) {
        if (repeated === 0) handlers.text?.(text);
      },
      onprocessinginstruction(name) {
        if (/^!doctype/i.test(name)) throw new MediaUnusable('damaged', 'A part declares a document type');
      },
    },
    { xmlMode: true, decodeEntities: true },
  );
  let decoder: InstanceType<typeof TextDecoder> | undefined;
  for await (const piece of bytes) {
    decoder ??= new TextDecoder(encodingOf(piece));
    parser.write(decoder.decode(piece, { stream: true }));
    await onPiece?.();
  }
  parser.end();
}

/** The value of an attribute by its local name, whatever its prefix. */
export function attribute(attributes: Readonly<Record<string, string>>, name: string): string | undefined {
  const plain = attributes[name];
  if (plain !== undefined) return plain;
  for (const key of Object.keys(attributes)) if (key.endsWith(`:${name}`)) return attributes[key];
  return undefined;
}

/** A switch of the format: there and not said to be off. */
export function isOn(value: string | undefined): boolean {
  return value === undefined || value === '1' || value === 'true' || value === 'on';
}

function localName(tag: string): string {
  const colon = tag.indexOf(':');
  return colon < 0 ? tag : tag.slice(colon + 1);
}

/** XML is UTF-8 or UTF-16 with a mark. */
function encodingOf(start: Uint8Array): string {
  if (start[0] === 0xff && start[1] === 0xfe) return 'utf-16le';
  return start[0] === 0xfe && start[1] === 0xff ? 'utf-16be' : 'utf-8';
}
