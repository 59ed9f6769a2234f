import { describe, expect, it } from 'vitest';

type Inline = { kind: string; text?: string; children?: Inline[] };
type Block = { kind: string; text?: string; start?: number; children?: Inline[]; items?: Inline[][] };

// Plain JavaScript for browsers, outside the type check; parsing needs no browser.
const module = new URL('../../../src/http/public/whatsapp-text.js', import.meta.url).href;
const { parseWhatsApp } = (await import(module)) as { parseWhatsApp: (text: string) => Block[] };

/** The blocks in a short form: `b(…)` for bold and so on. */
function short(text: string): string[] {
  const inline = (nodes: readonly Inline[] = []): string =>
    nodes
      .map((node) => {
        if (node.kind === 'text') return node.text;
        return `${node.kind}(${node.text ?? inline(node.children)})`;
      })
      .join('');
  return parseWhatsApp(text).map((block) => {
    if (block.items) return `${block.kind}[${block.items.map(inline).join('|')}]`;
    return `${block.kind}:${block.text ?? inline(block.children)}`;
  });
}

describe('WhatsApp formatting', () => {
  it.each([
    ['*bold* _italic_ ~gone~ `code`', ['p:b(bold) i(italic) s(gone) code(code)']],
    ['*_both_*', ['p:b(i(both))']],
    ['(*bold*), "_it_".', ['p:(b(bold)), "i(it)".']],
    ['snake_case_name and 2*3*4', ['p:snake_case_name and 2*3*4']],
    ['* not bold *', ['ul[not bold *]']],
    ['a * b * c', ['p:a * b * c']],
    ['*open', ['p:*open']],
    ['**', ['p:**']],
    ['*two\nlines*', ['p:*two\nlines*']],
    ['`*raw*`', ['p:code(*raw*)']],
    ['see https://example.com/a_b_c?x=1.', ['p:see link(https://example.com/a_b_c?x=1).']],
    ['(https://example.com)', ['p:(link(https://example.com))']],
    ['javascript:alert(1) <b>x</b>', ['p:javascript:alert(1) <b>x</b>']],
    ['- one\n- *two*\n\nend', ['ul[one|b(two)]', 'p:end']],
    ['1. one\n2. two\n5. five', ['ol[one|two]', 'ol[five]']],
    ['> said\n> so\nthen', ['blockquote:said\nso', 'p:then']],
    ['before\n```\n*raw*\n  kept\n```\nafter', ['p:before', 'pre:*raw*\n  kept', 'p:after']],
    ['```open', ['p:```open']],
    ['one\n\ntwo', ['p:one\n\ntwo']],
    ['', []],
  ])('reads %j', (text, blocks) => {
    expect(short(text)).toEqual(blocks);
  });

  it('gets to the core of hopelessly nested marks', () => {
    const hostile = `${'*_~'.repeat(650)}core${'~_*'.repeat(650)}`;
    expect(JSON.stringify(parseWhatsApp(hostile))).toContain('core');
  });
});
