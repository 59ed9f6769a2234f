import type ICAL from 'ical.js';

const units: Readonly<Record<string, string>> = {
  SECONDLY: 'second',
  MINUTELY: 'minute',
  HOURLY: 'hour',
  DAILY: 'day',
  WEEKLY: 'week',
  MONTHLY: 'month',
  YEARLY: 'year',
};
const weekdays: Readonly<Record<string, string>> = {
  MO: 'Monday',
  TU: 'Tuesday',
  WE: 'Wednesday',
  TH: 'Thursday',
  FR: 'Friday',
  SA: 'Saturday',
  SU: 'Sunday',
};
const months = 'January February March April May June July August September October November December'.split(
  ' ',
);
const ordinals: Readonly<Record<string, string>> = {
  '1': 'first',
  '2': 'second',
  '3': 'third',
  '4': 'fourth',
  '5': 'fifth',
  '-1': 'last',
  '-2': 'second to last',
};

/** A rule of recurrence (RFC 5545, 3.3.10) in words; its rarer parts as they are written. */
export function repeatsInWords(recur: ICAL.Recur): string {
  const unit = units[recur.freq ?? ''] ?? String(recur.freq).toLowerCase();
  const words = [recur.interval > 1 ? `every ${recur.interval} ${unit}s` : `every ${unit}`];
  for (const [part, values] of Object.entries(recur.parts)) {
    const list = (values ?? []).slice(0, 40).map(String);
    if (part === 'BYDAY') words.push(`on ${inWords(list.map(weekday))}`);
    else if (part === 'BYMONTHDAY') words.push(`on day ${inWords(list)} of the month`);
    else if (part === 'BYMONTH')
      words.push(`in ${inWords(list.map((month) => months[Number(month) - 1] ?? month))}`);
    else if (part === 'BYSETPOS') words.push(`(only the ${inWords(list.map(ordinal))} of these)`);
    else words.push(`(${part}=${list.join(',')})`);
  }
  if (recur.count) words.push(`${recur.count} times`);
  if (recur.until) words.push(`until ${recur.until.toString().slice(0, 10)}`);
  return words.join(' ');
}

function weekday(value: string): string {
  const [, which, code = ''] = /^([+-]?\d+)?([A-Z]{2})$/.exec(value) ?? [];
  const name = weekdays[code] ?? value;
  return which ? `the ${ordinal(which)} ${name}` : name;
}

function ordinal(which: string): string {
  return ordinals[String(Number(which))] ?? `${which}.`;
}

function inWords(list: readonly string[]): string {
  return list.length > 1 ? `${list.slice(0, -1).join(', ')} and ${list.at(-1)}` : (list[0] ?? '');
}
