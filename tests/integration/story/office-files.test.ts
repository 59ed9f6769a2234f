import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { compoundFile, docx, paragraph, pptx, shape, xlsx } from '#tests/support/office-fixtures.ts';
import { openWorld, type World } from '#tests/support/world.ts';

let world: World;
let number = 0;
const somebody = () => {
  number += 1;
  return world.person(`+1555200${String(number).padStart(4, '0')}`);
};
const openXml = 'application/vnd.openxmlformats-officedocument';
const wordType = `${openXml}.wordprocessingml.document`;

beforeAll(async () => {
  world = await openWorld({ RATE_LIMIT_MESSAGES: '50', REPLY_DELAY_MS: '300', MAX_PDF_PAGES: '2' });
  // The model repeats what it was shown, so that answers prove what reached it.
  world.openai.answers(({ text }) => `SHOWN ${text}`);
});
afterEach(() => {
  expect(world.twilio.problems).toEqual([]);
  expect(world.openai.problems).toEqual([]);
});
afterAll(() => world[Symbol.asyncDispose]());

describe('office files', () => {
  it('reach the model by their headings, whatever their label says', async () => {
    const ana = somebody();
    const bytes = docx(paragraph('Lease', 'berschrift1') + paragraph('The rent is 900 €.'));
    await ana.sends({ bytes, type: 'application/octet-stream' }, 'How much is the rent?');
    const heard = await ana.hears();
    expect(heard).toContain('[Document the Word document, 1 section]');
    expect(heard).toContain('[section 1 "Lease"]');
    expect(heard).toContain('The rent is 900 €.');
  });

  it('name the sheets that were read when there are too many', async () => {
    const ana = somebody();
    const sheets = ['Budget', 'Plan', 'Rest'].map((name) => ({ name, rows: '<row><c><v>7</v></c></row>' }));
    await ana.sends({ bytes: xlsx(sheets), type: `${openXml}.spreadsheetml.sheet` });
    const heard = await ana.hears();
    expect(heard).toContain('I read sheets "Budget" and "Plan" of 3 of the spreadsheet: that is the most');
    expect(heard).toContain('[sheet "Plan"]\n7');
  });

  it('can be asked about later, slide by slide', async () => {
    const ana = somebody();
    await ana.sends({ bytes: pptx([{ shapes: shape('Hi') }, { shapes: shape('Costs 5') }]), type: wordType });
    await ana.hears();
    await ana.says('What is on slide 2?');
    await ana.hears();
    expect(JSON.stringify(world.openai.calls.at(-1)?.body)).toContain('Costs 5');
  });

  it('with a password or from before 2007 get a sentence that says what to do', async () => {
    const ana = somebody();
    await ana.sends({ bytes: compoundFile(['EncryptedPackage']), type: wordType });
    expect(await ana.hears()).toContain('it is protected with a password');
    const ben = somebody();
    await ben.sends({ bytes: compoundFile(['WordDocument']), type: 'application/msword' });
    expect(await ben.hears()).toContain('older format that I cannot read. Please save it as DOCX or PDF');
  });
});

describe('web pages, calendars and cards', () => {
  it('are read as what they are', async () => {
    const ana = somebody();
    const bytes = Buffer.from(
      '<html><title>Fees</title><body><p>9 € a month</p><script>bad()</script></body></html>',
    );
    await ana.sends({ bytes, type: 'text/plain' });
    const heard = await ana.hears();
    expect(heard).toContain('title "Fees"');
    expect(heard).not.toContain('bad()');
  });

  it('a shared contact is told in words, without its portrait', async () => {
    const ana = somebody();
    const card =
      'BEGIN:VCARD\nVERSION:3.0\nFN:Ben Example\nTEL;type=CELL:+1 555 7\nPHOTO;ENCODING=b:AAAA\nEND:VCARD\n';
    await ana.sends({ bytes: Buffer.from(card), type: 'text/vcard' });
    expect(await ana.hears()).toContain('[Contact card]\nName: Ben Example\nPhone (cell): +1 555 7');
  });
});
