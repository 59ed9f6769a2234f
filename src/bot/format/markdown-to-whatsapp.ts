import { Marked, type Token, type Tokens } from 'marked';
import { htmlBlockText, inlineText } from './inline-text.ts';
import { chunkMarkdown, isTooDeep } from './markdown-chunks.ts';
import { tableText } from './table-text.ts';
import { withoutStandIns } from './whatsapp-marks.ts';

/** More than this is cut off before it is looked at: about twenty-five WhatsApp messages, and parsed in a tenth of a second at worst. */
const maxUnits = 40_000;

/** `**…**` on one line, as models mean it: the next two stars that touch a word end it. */
const pairOfStars = /^\*\*(?![\s*])((?:\\.|[^*\\\n]|\*(?!\*)){1,1000}?)(?<!\s)\*\*(?!\*)/;

/**
 * CommonMark does not end bold between a quotation mark and a letter (`**“word”**은`) and takes those stars for the beginning of
 * another one. Languages without spaces between words need that all the time, so pairs are matched from left to right first.
 */
const markdown = new Marked({
  gfm: true,
  tokenizer: {
    emStrong(source) {
      const [raw, text] = pairOfStars.exec(source) ?? [];
      if (raw === undefined || text === undefined) return false;
      return { type: 'strong', raw, text, tokens: this.lexer.inlineTokens(text) };
    },
  },
});

/** Code is kept apart from other text: nothing inside it is indented, joined or tidied. */
interface Block {
  readonly text: string;
  readonly isCode: boolean;
}

/**
 * Markdown as a model writes it, as text for WhatsApp: `*bold*`, `_italic_`, `~strike~`, code, lists, quotes; headings are bold
 * lines, links `text (address)`, tables readable lines, HTML gone. A single star is Markdown's italic, never WhatsApp's bold: the
 * model is told to write Markdown. Never throws; what cannot be understood stays as it is written.
 */
export function toWhatsAppText(source: string): string {
  const given = source.length > maxUnits ? `${source.slice(0, maxUnits)}…` : source;
  // Control characters show as boxes, and half a surrogate pair cannot be sent at all.
  const clean = withoutStandIns(given.toWellFormed().replace(/\r\n?/g, '\n'))
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what has to go
    .replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, '');
  return chunkMarkdown(clean)
    .map((chunk) => chunkText(chunk))
    .filter((text) => text !== '')
    .join('\n\n')
    .replace(/^\s*\n|\s+$/g, '');
}

function chunkText(chunk: string): string {
  if (isTooDeep(chunk)) return tidy(chunk);
  try {
    return joinBlocks(renderBlocks(markdown.lexer(chunk)), '\n\n').trim();
  } catch (error) {
    // Nesting beyond the stack is nothing a person wrote or could read; the words still reach them.
    if (error instanceof RangeError) return tidy(chunk);
    throw error;
  }
}

function joinBlocks(blocks: readonly Block[], gap: string): string {
  return blocks
    .map(({ text, isCode }) => (isCode ? text : tidy(text)))
    .filter((text) => text !== '')
    .join(gap);
}

/** No trailing white space, at most one blank line. */
function tidy(text: string): string {
  return text
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .replace(/^\n+|\n+$/g, '');
}

function renderBlocks(tokens: readonly Token[]): Block[] {
  return tokens.flatMap((token) => renderBlock(token as Tokens.Generic));
}

function renderBlock(token: Tokens.Generic): Block[] {
  const plain = (text: string): Block[] => (text.trim() === '' ? [] : [{ text, isCode: false }]);
  switch (token.type) {
    case 'space':
    case 'def':
    case 'checkbox':
      return [];
    case 'code':
      return codeBlock(String(token.text));
    case 'heading':
      return plain(inlineText(token.tokens ?? [], 'bold'));
    case 'hr':
      return plain('———');
    case 'list':
      return renderList(token as Tokens.List);
    case 'blockquote':
      return quote(renderBlocks(token.tokens ?? []));
    case 'table':
      return plain(tableText(token as Tokens.Table));
    case 'html':
      return plain(htmlBlockText(token.raw));
    default:
      return plain(inlineText(token.tokens ?? [token]));
  }
}

function codeBlock(code: string): Block[] {
  if (code.trim() === '') return [];
  // Three backticks inside would end the block early: an invisible space keeps them apart.
  const inner = code.replaceAll('```', '``\u200b`').replace(/^\n+|\s+$/g, '');
  return [{ text: `\`\`\`\n${inner}\n\`\`\``, isCode: true }];
}

/** WhatsApp knows one level of quoting; a quote in a quote joins it. */
function quote(blocks: readonly Block[]): Block[] {
  return mergeText(blocks, '\n\n').map((block) =>
    block.isCode
      ? block
      : prefixLines(block, (line) => (line.startsWith('> ') ? line : `> ${line}`.trimEnd())),
  );
}

function renderList(list: Tokens.List): Block[] {
  const first = typeof list.start === 'number' ? list.start : 1;
  const items = list.items.map((item, index) => {
    const box = item.task ? (item.checked ? '☑ ' : '☐ ') : '';
    const bullet = list.ordered ? `${first + index}. ${box}` : box || '- ';
    const indent = ' '.repeat(list.ordered ? 3 : 2);
    const [head, ...rest] = mergeText(renderItem(item), '\n');
    if (!head) return [{ text: bullet.trimEnd(), isCode: false }];
    const lead = head.isCode
      ? [{ text: bullet.trimEnd(), isCode: false }, head]
      : [prefixLines(head, (line, at) => (at === 0 ? bullet + line : indentLine(line, indent)))];
    return [
      ...lead,
      ...rest.map((block) => (block.isCode ? block : prefixLines(block, (line) => indentLine(line, indent)))),
    ];
  });
  // Code inside a list needs its own lines; everything else stays together.
  return mergeText(items.flat(), '\n');
}

function renderItem(item: Tokens.ListItem): Block[] {
  return renderBlocks(item.tokens);
}

function indentLine(line: string, indent: string): string {
  return line === '' ? '' : indent + line;
}

/** Joins neighboring text blocks into one. */
function mergeText(blocks: readonly Block[], gap: string): Block[] {
  const merged: Block[] = [];
  for (const block of blocks) {
    const last = merged.at(-1);
    if (last && !last.isCode && !block.isCode) {
      merged[merged.length - 1] = { text: `${last.text}${gap}${block.text}`, isCode: false };
    } else merged.push(block);
  }
  return merged;
}

function prefixLines(block: Block, prefix: (line: string, at: number) => string): Block {
  return { text: tidy(block.text).split('\n').map(prefix).join('\n'), isCode: false };
}
