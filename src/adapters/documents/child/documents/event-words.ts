import ICAL from 'ical.js';
import { unreadName } from './mend-times.ts';
import { repeatsInWords } from './recurrence-words.ts';

const answers: Readonly<Record<string, string>> = {
  ACCEPTED: 'accepted',
  DECLINED: 'declined',
  TENTATIVE: 'maybe',
};
/** A mailing list of thousands may be invited. */
const mostPeople = 50;
const mostExceptions = 50;
const longestText = 20_000;

/** An event or task in words, a line a fact. */
export function describeEvent(event: ICAL.Component): string {
  const text = (name: string): string => {
    const value = event.getFirstPropertyValue(name);
    return value === null ? '' : String(value).slice(0, longestText).trim();
  };
  const isCancelled = text('status').toUpperCase() === 'CANCELLED';
  const recurrence = event.getFirstPropertyValue('rrule');
  const asItStands = (name: string): string => {
    const values = event.getAllProperties(unreadName(name).toLowerCase()).map((one) => one.getFirstValue());
    const shown = values.filter(Boolean).slice(0, mostExceptions).join(', ');
    return shown && `${shown} (as it stands in the file)`;
  };
  const moments = (name: string) =>
    [momentsInWords(event.getAllProperties(name)), asItStands(name)].filter(Boolean).join(', ');
  const moment = (name: string) => momentInWords(event.getFirstProperty(name)) || asItStands(name);
  const when = whenInWords(event);
  const facts: [label: string, value: string][] = [
    ['When', when || asItStands('dtstart')],
    // Told with the beginning where both can be read.
    ['Until', when ? asItStands('dtend') : moment('dtend')],
    ['Takes', asItStands('duration')],
    ['Due', moment('due')],
    ['Repeats', recurrence instanceof ICAL.Recur ? repeatsInWords(recurrence) : asItStands('rrule')],
    ['Except on', moments('exdate')],
    ['Also on', moments('rdate')],
    ['Replaces the one of', moment('recurrence-id')],
    ['Where', text('location')],
    ['Organizer', people(event.getAllProperties('organizer'))],
    ['With', people(event.getAllProperties('attendee'))],
    ['Status', isCancelled ? 'cancelled' : ''],
    ['Link', text('url')],
    ['Description', text('description')],
  ];
  const kind = event.name === 'vtodo' ? 'Task: ' : '';
  return [
    `${kind}${text('summary') || 'Without a title'}`,
    ...facts.flatMap(([label, value]) => (value === '' ? [] : [`${label}: ${value}`])),
  ].join('\n');
}

function whenInWords(event: ICAL.Component): string {
  const start = event.getFirstProperty('dtstart');
  const from = timeOf(start);
  if (!start || !from) return '';
  const to = endOf(event, from);
  if (from.isDate) {
    // The end of an all-day event is the day after its last.
    const last = to?.clone();
    last?.adjust(-1, 0, 0, 0);
    const until =
      last && last.compareDateOnlyTz(from, ICAL.Timezone.utcTimezone) > 0 ? ` to ${day(last)}` : '';
    return `${day(from)}${until}, all day`;
  }
  const end = to && (day(to) === day(from) ? clock(to) : `${day(to)} ${clock(to)}`);
  return `${day(from)} ${clock(from)}${end ? ` to ${end}` : ''} (${zoneOf(start, from)})`;
}

function endOf(event: ICAL.Component, from: ICAL.Time): ICAL.Time | undefined {
  const end = timeOf(event.getFirstProperty('dtend'));
  if (end) return end;
  const duration = event.getFirstPropertyValue('duration');
  if (!(duration instanceof ICAL.Duration)) return undefined;
  const to = from.clone();
  to.addDuration(duration);
  return to;
}

function momentInWords(property: ICAL.Property | null): string {
  const time = timeOf(property);
  if (!property || !time) return '';
  return time.isDate ? day(time) : `${day(time)} ${clock(time)} (${zoneOf(property, time)})`;
}

function momentsInWords(properties: readonly ICAL.Property[]): string {
  const times = properties.flatMap((property) => property.getValues());
  const shown = times
    .filter((time) => time instanceof ICAL.Time)
    .slice(0, mostExceptions)
    .map((time) => (time.isDate ? day(time) : `${day(time)} ${clock(time)}`));
  return `${shown.join(', ')}${times.length > mostExceptions ? ' and more' : ''}`;
}

function people(properties: readonly ICAL.Property[]): string {
  const shown = properties.slice(0, mostPeople).map((property) => {
    const address = String(property.getFirstValue() ?? '').replace(/^mailto:/i, '');
    const name = first(property.getParameter('cn'));
    const answer = answers[first(property.getParameter('partstat')).toUpperCase()];
    return `${name && name !== address ? `${name} <${address}>` : address}${answer ? ` (${answer})` : ''}`;
  });
  const more = properties.length - shown.length;
  return `${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

function timeOf(property: ICAL.Property | null): ICAL.Time | undefined {
  const value = property?.getFirstValue();
  return value instanceof ICAL.Time ? value : undefined;
}

/** The name of the zone as the file gives it; a time without one is meant wherever the reader is. */
function zoneOf(property: ICAL.Property, time: ICAL.Time): string {
  const zone = first(property.getParameter('tzid'));
  if (zone) return zone;
  return time.zone === ICAL.Timezone.utcTimezone ? 'UTC' : 'local time';
}

function day({ year, month, day: date }: ICAL.Time): string {
  const weekday = new Date(Date.UTC(year, month - 1, date)).toLocaleDateString('en-US', {
    weekday: 'long',
    timeZone: 'UTC',
  });
  return `${weekday} ${year}-${two(month)}-${two(date)}`;
}

function clock({ hour, minute }: ICAL.Time): string {
  return `${two(hour)}:${two(minute)}`;
}

function two(number: number): string {
  return String(number).padStart(2, '0');
}

function first(value: string | string[] | undefined): string {
  return (Array.isArray(value) ? value[0] : value) ?? '';
}
