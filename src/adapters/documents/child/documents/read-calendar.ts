import ICAL from 'ical.js';
import { MediaUnusable } from '#src/domain/errors.ts';
import { cleanTitle } from '../../clean-text.ts';
import { type RawComponent, readComponents } from './content-lines.ts';
import type { DocumentFacts } from './document-facts.ts';
import { describeEvent } from './event-words.ts';
import { mendTimes, unread } from './mend-times.ts';
import type { PageWriter } from './page-writer.ts';
import { contentOf, type LenientReading, readLeniently, withoutParameters } from './readable-lines.ts';
import { createSectionWriter } from './section-writer.ts';

/** What an invitation asks for; a mere publication asks for nothing. */
const methods: Readonly<Record<string, string>> = {
  REQUEST: 'This is an invitation.',
  CANCEL: 'This cancels what follows.',
  REPLY: 'This is an answer to an invitation.',
  COUNTER: 'This proposes another time.',
};

/** Reads the events and tasks of a calendar file (RFC 5545) in words, in the order of the file. */
export async function readCalendar(path: string, pages: PageWriter, facts: DocumentFacts): Promise<void> {
  const [outside, ...components] = await readComponents(path, ['VEVENT', 'VTODO', 'VJOURNAL']);
  const sections = createSectionWriter(pages);
  const calendar = new Map(outside?.lines.map((line) => splitLine(line)));
  facts.title = cleanTitle(calendar.get('X-WR-CALNAME'));
  const method = methods[calendar.get('METHOD')?.toUpperCase() ?? ''];
  if (method) sections.paragraph(method);
  const zone = calendar.get('X-WR-TIMEZONE');
  if (zone) sections.paragraph(`Time zone of the calendar: ${zone}`);
  let read = 0;
  for (const component of components) {
    const event = readEvent(component);
    if (!event?.isWhole || component.isCut) facts.isDamaged = true;
    if (event) {
      read += 1;
      sections.paragraph(`\n${event.value}`);
    }
    await pages.flush();
  }
  if (read === 0) throw new MediaUnusable('damaged', 'No event can be read');
}

function readEvent({ name, lines }: RawComponent): LenientReading<string> | undefined {
  const inWords = (some: readonly string[]) => {
    const text = ['BEGIN:VCALENDAR', `BEGIN:${name}`, ...some, `END:${name}`, 'END:VCALENDAR'].join('\r\n');
    const event = new ICAL.Component(ICAL.parse(text)).getFirstSubcomponent(name.toLowerCase());
    if (!event) throw new TypeError('The component got lost');
    return describeEvent(event);
  };
  return readLeniently(contentOf(lines).flatMap(mendTimes), inWords, (line) => {
    const [, rule] = /^RRULE(?:;[^:]*)?:(.*)$/i.exec(line) ?? [];
    return rule === undefined ? [withoutParameters(line)] : [unread('RRULE', rule)];
  });
}

function splitLine(line: string): [name: string, value: string] {
  const colon = line.indexOf(':');
  return [line.slice(0, colon).split(';')[0]?.toUpperCase() ?? '', line.slice(colon + 1).trim()];
}
