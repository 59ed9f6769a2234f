/*
 * WhatsApp's formatting: *bold* _italic_ ~strike~ `code` ```block```, lists, quotes and links. Parsing gives plain objects; drawing makes
 * elements and text nodes only.
 */
import { make } from './dom.js';

/**
 * @typedef {{ kind: 'text' | 'code' | 'link', text: string } | { kind: 'b' | 'i' | 's', children: Inline[] }} Inline
 * @typedef {{ kind: 'pre', text: string } | { kind: 'p' | 'blockquote', children: Inline[] }
 *   | { kind: 'ul' | 'ol', start: number, items: Inline[][] }} Block
 */

const marks = { '*': 'b', _: 'i', '~': 's' };
const wordLike = /[\p{L}\p{N}]/u;

/**
 * @param {string} text
 * @returns {Block[]}
 */
export function parseWhatsApp(text) {
  // Odd pieces are inside a fence; a fence that never closes is ordinary text.
  const pieces = text.split('```');
  if (pieces.length % 2 === 0) {
    const tail = pieces.pop() ?? '';
    pieces.push(`${pieces.pop() ?? ''}\`\`\`${tail}`);
  }
  return pieces.flatMap((piece, index) => {
    if (index % 2 === 1) return [{ kind: 'pre', text: piece.replace(/^\n|\n$/g, '') }];
    // The line breaks next to a fence belong to the fence.
    const outside = piece
      .replace(index > 0 ? /^\n/ : /^(?!)/, '')
      .replace(index < pieces.length - 1 ? /\n$/ : /(?!)$/, '');
    return outside === '' ? [] : parseLines(outside.split('\n'));
  });
}

/**
 * @param {string[]} lines
 * @returns {Block[]}
 */
function parseLines(lines) {
  /** @type {Block[]} */
  const blocks = [];
  for (const line of lines) {
    const last = blocks.at(-1);
    const bullet = /^[-*•] +(.+)$/.exec(line);
    const numbered = /^(\d{1,3})\. +(.+)$/.exec(line);
    const quoted = /^> ?(.*)$/.exec(line);
    if (bullet) {
      if (last?.kind === 'ul') last.items.push(parseInline(bullet[1]));
      else blocks.push({ kind: 'ul', start: 1, items: [parseInline(bullet[1])] });
    } else if (numbered) {
      if (last?.kind === 'ol' && Number(numbered[1]) === last.start + last.items.length) {
        last.items.push(parseInline(numbered[2]));
      } else blocks.push({ kind: 'ol', start: Number(numbered[1]), items: [parseInline(numbered[2])] });
    } else if (quoted) {
      if (last?.kind === 'blockquote')
        last.children.push({ kind: 'text', text: '\n' }, ...parseInline(quoted[1]));
      else blocks.push({ kind: 'blockquote', children: parseInline(quoted[1]) });
    } else if (last?.kind === 'p') last.children.push({ kind: 'text', text: '\n' }, ...parseInline(line));
    else blocks.push({ kind: 'p', children: parseInline(line) });
  }
  return blocks.map(withoutBlankEdges).filter((block) => block.kind !== 'p' || block.children.length > 0);
}

/**
 * Blocks keep their distance by themselves: empty lines beside a list or a quote would double it.
 * @param {Block} block
 * @returns {Block}
 */
function withoutBlankEdges(block) {
  if (block.kind !== 'p') return block;
  const isWords = (node) => node.kind !== 'text' || node.text.trim() !== '';
  const first = block.children.findIndex(isWords);
  return first === -1
    ? { kind: 'p', children: [] }
    : { kind: 'p', children: block.children.slice(first, block.children.findLastIndex(isWords) + 1) };
}

/**
 * @param {string} line
 * @returns {Inline[]}
 */
function parseInline(line) {
  /** @type {Inline[]} */
  const found = [];
  let plain = '';
  const flush = () => {
    if (plain !== '') found.push({ kind: 'text', text: plain });
    plain = '';
  };
  for (let at = 0; at < line.length; ) {
    const special = inlineAt(line, at);
    if (special) {
      flush();
      found.push(special.node);
      at += special.length;
    } else {
      plain += line[at];
      at += 1;
    }
  }
  flush();
  return found;
}

/**
 * @param {string} line
 * @param {number} at
 * @returns {{ node: Inline, length: number } | undefined}
 */
function inlineAt(line, at) {
  const sign = line[at];
  const before = at === 0 ? ' ' : line[at - 1];
  if (sign === '`') {
    const end = line.indexOf('`', at + 1);
    return end > at + 1
      ? { node: { kind: 'code', text: line.slice(at + 1, end) }, length: end + 1 - at }
      : undefined;
  }
  if (sign === 'h' && !wordLike.test(before)) {
    const link = /^https?:\/\/[^\s<>"]+/.exec(line.slice(at));
    if (!link) return undefined;
    // A full stop after a link ends the sentence, not the link.
    const text = link[0].replace(/[.,;:!?)\]*_~”’»…]+$/, '');
    return { node: { kind: 'link', text }, length: text.length };
  }
  const kind = marks[sign];
  if (!kind || wordLike.test(before) || /\s/.test(line[at + 1] ?? ' ')) return undefined;
  for (let end = line.indexOf(sign, at + 2); end !== -1; end = line.indexOf(sign, end + 1)) {
    if (/\s/.test(line[end - 1]) || wordLike.test(line[end + 1] ?? ' ')) continue;
    return { node: { kind, children: parseInline(line.slice(at + 1, end)) }, length: end + 1 - at };
  }
  return undefined;
}

/**
 * Draws formatted text.
 * @param {string} text
 * @returns {HTMLElement}
 */
export function drawText(text) {
  const isEmoji = /^(?:\p{RGI_Emoji}\s?){1,3}$/v.test(text);
  return make(
    isEmoji ? 'div.text.is-emoji' : 'div.text',
    { dir: 'auto' },
    ...parseWhatsApp(text).map(drawBlock),
  );
}

/**
 * The words without the marks, for previews.
 * @param {string} text
 */
export function plainText(text) {
  return drawText(text).textContent ?? '';
}

/** @param {Block} block */
function drawBlock(block) {
  if (block.kind === 'pre') return make('pre', {}, block.text);
  if (block.kind === 'ul' || block.kind === 'ol') {
    const items = block.items.map((item) => make('li', {}, ...item.map(drawInline)));
    return make(block.kind, block.kind === 'ol' ? { start: block.start } : {}, ...items);
  }
  return make(block.kind, {}, ...block.children.map(drawInline));
}

/**
 * @param {Inline} node
 * @returns {Node | string}
 */
function drawInline(node) {
  if (node.kind === 'text') return node.text;
  if (node.kind === 'code') return make('code', {}, node.text);
  if (node.kind === 'link') {
    if (!URL.canParse(node.text)) return node.text;
    return make('a', { href: node.text, target: '_blank', rel: 'noopener noreferrer' }, node.text);
  }
  return make(
    node.kind === 'b' ? 'strong' : node.kind === 'i' ? 'em' : 's',
    {},
    ...node.children.map(drawInline),
  );
}
