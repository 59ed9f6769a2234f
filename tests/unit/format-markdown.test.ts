import { describe, expect, it } from 'vitest';
import { toWhatsAppText } from '#src/bot/format/markdown-to-whatsapp.ts';

/** Narrow white space that keeps WhatsApp from taking a literal sign for a mark. */
const hair = '\u200a';

describe('a model’s Markdown as WhatsApp text', () => {
  it.each([
    ['**bold**', '*bold*'],
    ['__bold__', '*bold*'],
    ['*italic* and _italic_', '_italic_ and _italic_'],
    ['~~gone~~', '~gone~'],
    ['***both***', '_*both*_'],
    ['**a _b_ ~~c~~**', '*a _b_ ~c~*'],
    ['**outer **inner** outer**', '*outer inner outer*'],
    ['**a**, (**b**): "**c**"', '*a*, (*b*): "*c*"'],
    ['use `npm ci`', 'use `npm ci`'],
    ['``a`b``', '```a`b```'],
    ['`**not bold**`', '`**not bold**`'],
    ['**two\nlines**', '*two*\n*lines*'],
    ['line one\nline two', 'line one\nline two'],
    ['hard  \nbreak', 'hard\nbreak'],
  ])('marks: %j', (markdown, text) => {
    expect(toWhatsAppText(markdown).replaceAll(hair, '')).toBe(text);
  });

  it.each([
    ['# Title', '*Title*'],
    ['## **Bold** title', '*Bold title*'],
    ['### With _italic_ and `code`', '*With _italic_ and `code`*'],
    ['Title\n===\n\ntext', '*Title*\n\ntext'],
    ['a\n\n---\n\nb', 'a\n\n———\n\nb'],
    ['> quoted\n> twice', '> quoted\n> twice'],
    ['> a\n> > b', '> a\n>\n> b'],
  ])('blocks: %j', (markdown, text) => {
    expect(toWhatsAppText(markdown)).toBe(text);
  });

  it.each([
    ['* a\n* b', '- a\n- b'],
    ['3. c\n4. d', '3. c\n4. d'],
    ['1) a\n2) b', '1. a\n2. b'],
    ['- a\n  - b\n    1. c\n- d', '- a\n  - b\n    1. c\n- d'],
    ['1. One\n\n2. Two\n\n   More', '1. One\n2. Two\n   More'],
    ['- [ ] open\n- [x] done', '☐ open\n☑ done'],
    ['- **Total:** 5 €', '- *Total:* 5 €'],
  ])('lists: %j', (markdown, text) => {
    expect(toWhatsAppText(markdown)).toBe(text);
  });

  it('keeps code as it is written and drops the name of the language', () => {
    expect(toWhatsAppText('```python\ndef f(x):\n\n\n    return x ** 2  # *\n```')).toBe(
      '```\ndef f(x):\n\n\n    return x ** 2  # *\n```',
    );
    expect(toWhatsAppText('1. Run:\n\n   ```sh\n   npm ci\n     x\n   ```\n2. Done')).toBe(
      '1. Run:\n\n```\nnpm ci\n  x\n```\n\n2. Done',
    );
    expect(toWhatsAppText('````\n```\n````').split('```')).toHaveLength(3);
    expect(toWhatsAppText('```\nnever closed')).toBe('```\nnever closed\n```');
  });

  it.each([
    ['[the page](https://x.example/a_b)', 'the page (https://x.example/a_b)'],
    ['[https://x.example](https://x.example/)', 'https://x.example/'],
    ['<https://x.example/?a=1&b=2>', 'https://x.example/?a=1&b=2'],
    ['[x](https://x.example/?a=1&amp;b=2)', 'x (https://x.example/?a=1&b=2)'],
    ['see https://x.example/a_b_c.', 'see https://x.example/a_b_c.'],
    ['**https://x.example**', 'https://x.example'],
    ['**[bold](https://x.example)**', '*bold (https://x.example)*'],
    ['ana@x.example', 'ana@x.example'],
    ['[write](mailto:ana@x.example)', 'write (ana@x.example)'],
    ['[there](#part) [run](javascript:alert(1))', 'there run'],
    ['![a chart](https://x.example/c.png)', 'a chart (https://x.example/c.png)'],
    ['![](https://x.example/c.png)', 'https://x.example/c.png'],
  ])('links and pictures: %j', (markdown, text) => {
    expect(toWhatsAppText(markdown)).toBe(text);
  });

  it('reads a narrow table as pairs and a wide one row by row', () => {
    expect(toWhatsAppText('| Item | Price |\n|---|---:|\n| Tea | **3** |\n| Cake | 5 |')).toBe(
      '*Item: Price*\n- Tea: *3*\n- Cake: 5',
    );
    expect(toWhatsAppText('| Item | Qty | Price |\n|---|---|---|\n| Tea | 2 | 3 |\n| **Cake** | | 5 |')).toBe(
      '- *Tea*: Qty: 2; Price: 3\n- *Cake*: Price: 5',
    );
    const long = 'a remark that goes on for longer than a line on a phone can show at once, by far';
    expect(
      toWhatsAppText(`| Item | Qty | Remark |\n|---|---|---|\n| Tea | 2 | ${long} |\n| Cake | 1 | ok |`),
    ).toBe(`*Tea*\n- Qty: 2\n- Remark: ${long}\n\n*Cake*\n- Qty: 1\n- Remark: ok`);
  });

  it.each([
    ['a<br>b<br/>c', 'a\nb\nc'],
    ['<b>bold</b> and <i>it</i>', '*bold* and _it_'],
    ['<b>never closed', 'never closed'],
    ['<span style="x">y</span><!-- z -->', 'y'],
    ['<script>alert(1)</script>\n\nx', 'x'],
    ['<div onclick="x()">hello</div>', 'hello'],
    ['<ul><li>a</li><li>b</li></ul>', '- a\n- b'],
    ['write <your name> here', 'write <your name> here'],
    ['a &lt; b &amp;&amp; c &euro;5 &#8364; &nbsp;x AT&T &amp;lt;', 'a < b && c €5 € \u00a0x AT&T &lt;'],
  ])('HTML: %j', (markdown, text) => {
    expect(toWhatsAppText(markdown)).toBe(text);
  });

  it.each([
    ['snake_case_name and file_name_2.pdf', 'snake_case_name and file_name_2.pdf'],
    ['2*3*4 = 24', '2*3*4 = 24'],
    ['5 * 3 * 2', '5 * 3 * 2'],
    ['5 \\* 3 \\_x\\#', '5 * 3 _x#'],
    ['Price* is net. *excluding VAT', 'Price* is net. *excluding VAT'],
    ['~100 and ~200', '~100 and ~200'],
  ])('leaves signs that are meant as such: %j', (markdown, text) => {
    expect(toWhatsAppText(markdown)).toBe(text);
  });

  it('keeps WhatsApp from taking an escaped star for bold', () => {
    expect(toWhatsAppText('\\*not bold\\*')).toBe(`*${hair}not bold*`);
    expect(toWhatsAppText('**a\\* b**')).toBe(`*a${hair}* b*`);
  });

  it('leaves no stars behind in languages that write without spaces', () => {
    expect(toWhatsAppText('日本**語**です')).toBe('日本語です');
    expect(toWhatsAppText('**“단어”**은 **좋아요**')).toBe('“단어”은 *좋아요*');
    expect(toWhatsAppText('**Hinweis: ** bitte lesen')).toBe('*Hinweis:* bitte lesen');
  });

  it('takes a single star for Markdown’s italic, since the model is told to write Markdown', () => {
    expect(toWhatsAppText('*Note*')).toBe('_Note_');
  });

  it('has no wide gaps, no trailing white space and no characters that cannot be sent', () => {
    expect(toWhatsAppText('\n\n a  \n\n\n\n\nb \u0000\u0007\ud83d c\r\nd\n')).toBe('a\n\nb \ufffd c\nd');
    expect(toWhatsAppText(' \n ')).toBe('');
    expect(toWhatsAppText('a\ue000b\ue020c')).toBe('abc');
  });

  it('formats a long answer from beginning to end', () => {
    const section =
      '## Part\n\nSome **bold** text with a [link](https://x.example).\n\n- a\n- b\n\n```js\nx * y\n\nz\n```\n\n';
    const text = toWhatsAppText(section.repeat(300));
    expect(text.split('*Part*')).toHaveLength(301);
    expect(text.split('```\nx * y\n\nz\n```')).toHaveLength(301);
    expect(text).not.toContain('**');
  });

  it('closes a code block that fills several chunks in each of them', () => {
    const text = toWhatsAppText(`\`\`\`\n${'a line of code *x*\n'.repeat(1_500)}\`\`\`\n\n**end**`);
    expect(text.split('```').length % 2).toBe(1);
    expect(text.match(/a line of code \*x\*/g)).toHaveLength(1_500);
    expect(text.endsWith('*end*')).toBe(true);
  });

  it.each([
    '*',
    '_',
    '`',
    '**a ',
    '*a _b ',
    '[',
    '[a](',
    '![',
    '>',
    '> ',
    '- ',
    '1. ',
    '+ ',
    '<a ',
    '<!--',
    '<b>',
    '|a',
    '~~a ',
    'a*b_c',
    '\\*',
    '&#',
    '* - + ',
  ])('survives 120,000 characters of %j', (wall) => {
    const text = toWhatsAppText(wall.repeat(120_000 / wall.length));
    expect(text.length).toBeLessThanOrEqual(250_000);
    expect(text).not.toMatch(/[\ue000-\ue02f]/);
  });

  it('cuts off what no person would read, and shows that it did', () => {
    const text = toWhatsAppText('word '.repeat(40_000));
    expect(text.length).toBeLessThanOrEqual(100_100);
    expect(text.endsWith('…')).toBe(true);
  });
});
