import { afterAll, describe, expect, it } from 'vitest';
import { openReadingRoom, problemOf } from '#tests/support/reading-room.ts';

const room = await openReadingRoom();
afterAll(() => room[Symbol.asyncDispose]());

async function read(html: string | Uint8Array) {
  const path = await room.file('page.txt', html);
  const signal = new AbortController().signal;
  return room.readers.readDocument(path, await room.readers.sniff(path), { maxPages: 100, signal });
}

describe('a web page', () => {
  it('gives its title, headings, lists, links and tables, and nothing a reader would not see', async () => {
    const { title, unit, pageCount, pages } = await read(`<!doctype html><html><head><title>Fees &amp;
      fines</title><style>p { color: red }</style><script>var hidden = '<p>no</p>'</script></head><body>
      <h1>Fees</h1><p>All fees   are <b>yearly</b>.<br>See <a href="https://example.com/fees">the list</a>
      or <a href="/local">here</a>, <a href="https://example.com">https://example.com</a>.</p>
      <ul><li>first<li>second</ul>
      <table><tr><th>Plan</th><th>Price</th></tr><tr><td><p>Small</p></td><td>9&nbsp;€</td></tr></table>
      <pre>a
  b</pre><p hidden>not this</p><div style="display: none">nor <div>that</div></div><img src="x" alt="A map"></body></html>`);
    expect({ title, unit, pageCount }).toEqual({ title: 'Fees & fines', unit: 'section', pageCount: 1 });
    expect(pages[0]).toEqual({
      page: 1,
      name: 'Fees',
      text: [
        '# Fees',
        'All fees are yearly.',
        'See the list (https://example.com/fees) or here, https://example.com.',
        '- first',
        '- second',
        'Plan | Price',
        'Small | 9 €',
        'a',
        '  b',
        '[Picture: A map]',
      ].join('\n'),
    });
  });

  it.each([
    [
      'its declaration',
      Buffer.from('<html><meta charset="windows-1251"><p>\xcf\xf0\xe8\xe2\xe5\xf2', 'latin1'),
      'Привет',
    ],
    ['UTF-8 without one', Buffer.from('<html><p>Grüße</html>'), 'Grüße'],
    ['a mark', Buffer.from('\ufeff<html><p>Grüße</html>', 'utf16le'), 'Grüße'],
    ['a false declaration', Buffer.from('<html><meta charset="utf-16"><p>Grüße</html>'), 'Grüße'],
  ])('is decoded by %s', async (_, bytes, text) => {
    expect((await read(bytes)).pages[0]?.text).toBe(text);
  });

  it('of scripts only is empty', async () => {
    expect(await problemOf(read('<html><body><script>render()</script></body></html>'))).toBe('empty');
  });
});
