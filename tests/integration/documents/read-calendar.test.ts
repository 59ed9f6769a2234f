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

  it('keeps the whole events of a broken file, and is cut into sections when it is long', async () => {
    const broken = event('SUMMARY:Broken', 'DTSTART;TZID=":x');
    const { pages, stoppedBy } = await read(calendar(event('SUMMARY:Good'), broken));
    expect([pages.map(({ text }) => text), stoppedBy]).toEqual([['Good'], 'damaged_pages']);
    const many = Array.from({ length: 2000 }, (_, at) => event(`SUMMARY:Event number ${at}`));
    expect((await read(calendar(...many))).pages.length).toBeGreaterThan(5);
    expect(await problemOf(read(calendar()))).toBe('empty');
    expect(await problemOf(read('BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:cut o'))).toBe('damaged');
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
});
