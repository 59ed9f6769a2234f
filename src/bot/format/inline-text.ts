import type { Token, Tokens } from 'marked';
import { decodeEntities } from './entities.ts';
import { htmlToText } from './html-text.ts';
import { type Kept, keep, literal, type MarkKind, marked, toMarks } from './whatsapp-marks.ts';

/** Renders the inside of a paragraph, heading, list line or cell. `within` wraps it in a mark, for headings and row heads. */
export function inlineText(tokens: readonly Token[], within?: MarkKind): string {
  const kept: Kept = { pieces: [] };
  const line = render(tokens, kept).replace(/\n[ \t]+/g, '\n');
  return toMarks(within ? marked(within, line.trim()) : line, kept);
}

/** Renders a block of HTML. */
export function htmlBlockText(html: string): string {
  return toMarks(
    htmlToText(html, (text) => plain(text)),
    { pieces: [] },
  );
}

function render(tokens: readonly Token[], kept: Kept): string {
  return tokens.map((token) => renderToken(token as Tokens.Generic, kept)).join('');
}

function renderToken(token: Tokens.Generic, kept: Kept): string {
  switch (token.type) {
    case 'strong':
      return marked('bold', renderChildren(token, kept));
    case 'em':
      return marked(token.raw.startsWith('*') ? 'star' : 'italic', renderChildren(token, kept));
    case 'del':
      return marked('strike', renderChildren(token, kept));
    case 'codespan':
      return codeText(String(token.text), kept);
    case 'br':
      return '\n';
    case 'link':
      return linkText(token as Tokens.Link, kept);
    case 'image':
      return withAddress(plain(String(token.text)), String(token.href), kept);
    case 'html':
      return htmlToText(token.raw, plain);
    case 'escape':
      return literal(String(token.text));
    case 'checkbox':
      return '';
    default:
      return token.tokens ? renderChildren(token, kept) : plain(String(token.text ?? token.raw));
  }
}

function renderChildren(token: Tokens.Generic, kept: Kept): string {
  return render(token.tokens ?? [], kept);
}

/** Bold with a stray space inside (`**word **`), which Markdown leaves as stars. */
const looseBold = /\*\*(?! )([^*\n]{1,300}?) \*\*|\*\* ([^*\n]{1,300}?)(?<! )\*\*/g;

function plain(text: string): string {
  const decoded = decodeEntities(text);
  if (!decoded.includes('**')) return literal(decoded);
  let out = '';
  let from = 0;
  for (const found of decoded.matchAll(looseBold)) {
    const inner = found[1] ?? found[2] ?? '';
    out += literal(decoded.slice(from, found.index)) + marked('bold', literal(inner));
    from = found.index + found[0].length;
  }
  return out + literal(decoded.slice(from));
}

function codeText(code: string, kept: Kept): string {
  const line = code.replace(/\s*\n\s*/g, ' ').trim();
  // A backtick inside would end the code early; three of them around do not mind a single one inside.
  if (line.includes('`')) return keep(kept, 'code', `\`\`\`${line.replaceAll('```', "'''")}\`\`\``);
  return line === '' ? '' : keep(kept, 'code', `\`${line}\``);
}

function linkText(link: Tokens.Link, kept: Kept): string {
  const href = link.autolink ? link.href : decodeEntities(link.href);
  const written = link.text.trim();
  const bare = (address: string) => address.replace(/^(?:https?:\/\/|mailto:|tel:)/i, '').replace(/\/$/, '');
  if (link.autolink || bare(decodeEntities(written)) === bare(href)) {
    const isWeb = /^https?:/i.test(href);
    return keep(kept, 'link', isWeb && !/^www\./i.test(written) ? href : written);
  }
  return withAddress(render(link.tokens, kept), href, kept);
}

/** `text (address)`; the address only where following it makes sense outside a page. */
function withAddress(text: string, href: string, kept: Kept): string {
  if (!/^(?:https?|mailto|tel|whatsapp|ftp):/i.test(href)) return text;
  const address = href.replace(/^(?:mailto|tel):/i, '');
  const link = keep(kept, 'link', address);
  return text.trim() === '' ? link : `${text} (${link})`;
}
