import { afterAll, describe, expect, it } from 'vitest';
import { openReadingRoom, problemOf } from '#tests/support/reading-room.ts';

const room = await openReadingRoom();
afterAll(() => room[Symbol.asyncDispose]());

async function read(text: string | Uint8Array, maxPages = 100) {
  const path = await room.file('file', text);
  const signal = new AbortController().signal;
  return room.readers.readDocument(path, await room.readers.sniff(path), { maxPages, signal });
}
const textOf = async (text: string | Uint8Array) => (await read(text)).pages[0]?.text;
const calendar = (...lines: string[]) => ['BEGIN:VCALENDAR', ...lines, 'END:VCALENDAR'].join('\r\n');
const event = (...lines: string[]) => ['BEGIN:VEVENT', 'UID:1', ...lines, 'END:VEVENT'].join('\r\n');

describe('a calendar file', () => {
  it('tells an invitation with its time zone, its people and how it repeats', async () => {
    const { title, unit, pages } = await read(
      calendar(
        'X-WR-CALNAME:Team',
        'METHOD:REQUEST',
        'BEGIN:VTIMEZONE\r\nTZID:Europe/Berlin\r\nEND:VTIMEZONE',
        event(
          'DTSTART;TZID=Europe/Berlin:20260304T100000',
          'DTEND;TZID=Europe/Berlin:20260304T113000',
          'RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE;UNTIL=20260601T000000Z',
          'EXDATE;TZID=Europe/Berlin:20260318T100000',
          'SUMMARY:Planning\\, next quarter',
          'LOCATION:Room 5',
          'ORGANIZER;CN=Ana:mailto:ana@example.com',
          'ATTENDEE;CN="Ben, B.";PARTSTAT=ACCEPTED:mailto:ben@example.com',
          'DESCRIPTION:Bring the num\r\n bers.\\nAll of them.',
          'ATTACH;ENCODING=BASE64;VALUE=BINARY:AAAA\r\n BBBB',
          'BEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:-PT10M\r\nEND:VALARM',
        ),
      ),
    );
    expect({ title, unit }).toEqual({ title: 'Team', unit: 'section' });
    expect(pages[0]?.text).toBe(
      [
        'This is an invitation.',
        '',
        'Planning, next quarter',
        'When: Wednesday 2026-03-04 10:00 to 11:30 (Europe/Berlin)',
        'Repeats: every 2 weeks on Monday and Wednesday until 2026-06-01',
        'Except on: Wednesday 2026-03-18 10:00',
        'Where: Room 5',
        'Organizer: Ana <ana@example.com>',
        'With: Ben, B. <ben@example.com> (accepted)',
        'Description: Bring the numbers.',
        'All of them.',
      ].join('\n'),
    );
  });

  it.each([
    ['DTSTART:20260304T100000Z\r\nDURATION:PT45M', 'When: Wednesday 2026-03-04 10:00 to 10:45 (UTC)'],
    [
      'DTSTART:20260304T233000\r\nDTEND:20260305T003000',
      'When: Wednesday 2026-03-04 23:30 to Thursday 2026-03-05 00:30 (local time)',
    ],
    ['DTSTART;VALUE=DATE:20260304', 'When: Wednesday 2026-03-04, all day'],
    [
      'DTSTART;VALUE=DATE:20260304\r\nDTEND;VALUE=DATE:20260307',
      'When: Wednesday 2026-03-04 to Friday 2026-03-06, all day',
    ],
    [
      'DTSTART;VALUE=DATE:20260304\r\nSTATUS:CANCELLED',
      'When: Wednesday 2026-03-04, all day\nStatus: cancelled',
    ],
    ['RRULE:FREQ=MONTHLY;BYDAY=-1FR;COUNT=6', 'Repeats: every month on the last Friday 6 times'],
    ['RRULE:FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=4', 'Repeats: every year in March on day 4 of the month'],
  ])('puts %j into words', async (lines, words) => {
    expect(await textOf(calendar(event('SUMMARY:X', lines)))).toBe(`X\n${words}`);
  });

  it.each([
    ['DTSTART:20261124', 'When: Tuesday 2026-11-24, all day'],
    ['DTSTART;VALUE=DATE-TIME:20261124', 'When: Tuesday 2026-11-24, all day'],
    ['DTSTART:2026-11-24T10:00:00', 'When: Tuesday 2026-11-24 10:00 (local time)'],
    [
      'DTSTART:20261124T1000\r\nDTEND:2026-11-24 11:30',
      'When: Tuesday 2026-11-24 10:00 to 11:30 (local time)',
    ],
    ['DTSTART:2026-11-24T23:30:00.000-02:00', 'When: Wednesday 2026-11-25 01:30 (UTC)'],
    ['DTSTART;TZID=Europe/Rome:20261124T100000Z', 'When: Tuesday 2026-11-24 10:00 (UTC)'],
    ['DTSTART:20260230T100000', 'When: 20260230T100000 (as it stands in the file)'],
    ['DTSTART;TZID=":x', 'When: TZID=":x (as it stands in the file)'],
    [
      'DTSTART:next week\r\nDTEND:20261124T100000Z',
      'When: next week (as it stands in the file)\nUntil: Tuesday 2026-11-24 10:00 (UTC)',
    ],
    [
      'DTSTART:20261124T100000Z\r\nDTEND:noon',
      'When: Tuesday 2026-11-24 10:00 (UTC)\nUntil: noon (as it stands in the file)',
    ],
    [
      'DTSTART:20261124T100000Z\r\nDURATION:xx',
      'When: Tuesday 2026-11-24 10:00 (UTC)\nTakes: xx (as it stands in the file)',
    ],
    ['RRULE:FREQ=NEVER', 'Repeats: FREQ=NEVER (as it stands in the file)'],
    ['RRULE:now and then', 'Repeats: now and then (as it stands in the file)'],
    ['RRULE:FREQ=DAILY;UNTIL=2026-12-01', 'Repeats: every day until 2026-12-01'],
    [
      'EXDATE:20261124,x,20261125T100000Z',
      'Except on: Tuesday 2026-11-24, Wednesday 2026-11-25 10:00, x (as it stands in the file)',
    ],
    ['DTSTART:', ''],
  ])('reads %j as far as it can be read', async (lines, words) => {
    const { pages, stoppedBy } = await read(calendar(event('SUMMARY:X', lines, 'LOCATION:Room')));
    expect(pages[0]?.text).toBe(['X', words, 'Where: Room'].filter(Boolean).join('\n'));
    expect(stoppedBy).toBeUndefined();
  });

  it.each([
    ['a line that is none', calendar(event('SUMMARY:X', 'no colon here', 'LOCATION:Room'))],
    ['odd parameters', calendar(event('SUMMARY;LANGUAGE:X', 'PRIORITY;"', 'LOCATION;X="y:Room'))],
    ['an end that is missing', calendar('BEGIN:VEVENT\r\nSUMMARY:X\r\nLOCATION:Room')],
    [
      'an alarm that never ends',
      calendar(event('SUMMARY:X', 'BEGIN:VALARM', 'LOCATION:Room', 'END:VTODO', '?')),
    ],
    ['a cut-off file', 'BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:X\nLOCATION:Ro\n om'],
  ])('reads what there is in spite of %s, and says that it is not all', async (_, text) => {
    const { pages, stoppedBy } = await read(text);
    expect([pages[0]?.text, stoppedBy]).toEqual(['X\nWhere: Room', 'damaged_pages']);
  });

  it('keeps the events of a broken file apart, and is cut into sections when it is long', async () => {
    const broken = 'BEGIN:VEVENT\r\nnothing\r\nEND:VEVENT';
    const open = 'BEGIN:VEVENT\r\nSUMMARY:Open';
    const { pages, stoppedBy } = await read(calendar(open, broken, event('SUMMARY:Good')));
    expect([pages.map(({ text }) => text), stoppedBy]).toEqual([['Open\n\nGood'], 'damaged_pages']);
    const many = Array.from({ length: 2000 }, (_, at) => event(`SUMMARY:Event number ${at}`));
    expect((await read(calendar(...many))).pages.length).toBeGreaterThan(5);
    expect(await problemOf(read(calendar()))).toBe('empty');
    expect(await problemOf(read(calendar(broken)))).toBe('damaged');
  });
});

describe('contact cards', () => {
  it('are told by name, phones, mails and organization, as WhatsApp shares them', async () => {
    const card = [
      'BEGIN:VCARD\nVERSION:3.0\nN:Example;Ana;;;\nFN:Ana Example',
      'item1.TEL;waid=15550001111:+1 555 000 1111\nitem1.X-ABLabel:_$!<Mobile>!$_',
      'TEL;type=WORK;type=VOICE:+1 555 2\nEMAIL;type=INTERNET:ana@example.com\nORG:Example Ltd;Sales',
      `PHOTO;BASE64:${'A'.repeat(500)}\n ${'B'.repeat(70)}`,
      'ADR;type=HOME:;;1 Main St;Springfield;;12345;US\nNOTE:Ask for Ana\\, not Ben\nEND:VCARD',
    ].join('\n');
    const { title, pages, pageCount } = await read(card);
    expect({ title, pageCount }).toEqual({ title: 'Ana Example', pageCount: 1 });
    expect(pages[0]?.text).toBe(
      [
        'Name: Ana Example',
        'Organization: Example Ltd, Sales',
        'Phone (Mobile): +1 555 000 1111, on WhatsApp',
        'Phone (work): +1 555 2',
        'Email: ana@example.com',
        'Address (home): 1 Main St, Springfield, 12345, US',
        'Note: Ask for Ana, not Ben',
      ].join('\n'),
    );
  });

  it('of old phones are understood too', async () => {
    const card =
      'BEGIN:VCARD\r\nVERSION:2.1\r\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:M=C3=BCller;J=C3=B6rg;;;\r\nTEL;CELL;PREF:+49 170 1\r\nNOTE;ENCODING=QUOTED-PRINTABLE:long=\r\n line\r\nEND:VCARD\r\n';
    expect(await textOf(card)).toBe('Name: Jörg Müller\nPhone (cell): +49 170 1\nNote: longline');
  });

  it('come several in a file; broken ones cost only themselves', async () => {
    const card = (name: string) => `BEGIN:VCARD\nVERSION:4.0\nFN:${name}\nEND:VCARD\n`;
    const { pages, stoppedBy, title } = await read(
      `${card('Ana')}BEGIN:VCARD\nVERSION:3.0\nTEL\nEND:VCARD\n${card('Ben')}`,
    );
    expect([pages[0]?.text, stoppedBy, title]).toEqual([
      'Name: Ana\n\nName: Ben',
      'damaged_pages',
      undefined,
    ]);
  });

  it.each([
    ['BEGIN:VCARD\nFN:Ana\nTEL;CELL:5', 'Name: Ana\nPhone (cell): 5', 'damaged_pages'],
    ['BEGIN:VCARD\nFN:Ana\nTEL;CELL:5\nEND:VCARD', 'Name: Ana\nPhone (cell): 5', undefined],
    ['BEGIN:VCARD\nVERSION:3.0\nFN:Ana\nTEL;CELL:5\nEND:VCARD', 'Name: Ana\nPhone (cell): 5', undefined],
    ['BEGIN:VCARD\nFN:Ana\nnonsense line\nTEL:5\nEND:VCARD', 'Name: Ana\nPhone: 5', 'damaged_pages'],
    ['BEGIN:VCARD\nFN:Ana\nVERSION:4.0\nBDAY:in May\nEND:VCARD', 'Name: Ana\nBirthday: in May', undefined],
    ['BEGIN:VCARD\nFN:Ana\nBEGIN:VCARD\nFN:Ben\nEND:VCARD', 'Name: Ana\n\nName: Ben', 'damaged_pages'],
  ])('%j are read as far as they can be', async (text, words, stopped) => {
    const { pages, stoppedBy } = await read(text);
    expect([pages[0]?.text, stoppedBy]).toEqual([words, stopped]);
  });
});
