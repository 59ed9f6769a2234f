/** The property a value moves to that cannot be read as what it should be: words can still show it. */
export const unreadName = (name: string) => `X-UNREAD-${name.toUpperCase()}`;

const times = /^(DTSTART|DTEND|DUE|EXDATE|RDATE|RECURRENCE-ID)(?=[;:])/i;
// A colon inside quotation marks belongs to a parameter.
const timeLine = /^([\w-]+)((?:;(?:"[^"]*"|[^":])*)?):(.*)$/;
const duration = /^[+-]?P(?=\d|T\d)(\d+W)?(\d+D)?(T(?=\d)(\d+H)?(\d+M)?(\d+S)?)?$/i;

/**
 * Brings the times of an event to the one form the library knows, where what is meant is plain: it takes 20261399 for a day in 2027,
 * and a date without VALUE=DATE for no event at all. What means nothing goes to its `unreadName`.
 */
export function mendTimes(line: string): string[] {
  const [, name] = times.exec(line) ?? [];
  if (name !== undefined) return mendTimeLine(line, name);
  const [, rule] = /^RRULE(?:;[^:]*)?:(.*)$/i.exec(line) ?? [];
  if (rule !== undefined) return [mendRule(line, rule.trim())];
  const [, lasts] = /^DURATION(?:;[^:]*)?:(.*)$/i.exec(line) ?? [];
  return [lasts === undefined || duration.test(lasts.trim()) ? line : unread('DURATION', lasts)];
}

/** A line as it stands, under its `unreadName`. */
export function unread(name: string, value: string): string {
  return `${unreadName(name)}:${value.trim().slice(0, 200)}`;
}

function mendTimeLine(line: string, name: string): string[] {
  const [, , parameters = '', value] = timeLine.exec(line) ?? [];
  if (value === undefined) return [unread(name, line.slice(name.length + 1))];
  if (/;VALUE=PERIOD/i.test(parameters)) return [line];
  const isDate = /;VALUE="?DATE"?(?=;|$)/i.test(parameters);
  const rest = parameters.replace(/;VALUE=(?:"[^"]*"|[^;]*)/gi, '');
  const isList = /^(EXDATE|RDATE)$/i.test(name);
  const moments = (isList ? value.split(',') : [value]).map((given) => {
    const moment = mendMoment(given.trim());
    if (moment === undefined) return { kind: 'unread', text: given.trim() };
    if (isDate || moment.length === 8) return { kind: 'date', text: moment.slice(0, 8) };
    return { kind: moment.endsWith('Z') ? 'utc' : 'local', text: moment };
  });
  return [...Map.groupBy(moments, ({ kind }) => kind)].map(([kind, those]) => {
    const text = those.map((one) => one.text).join(',');
    if (kind === 'unread') return unread(name, text);
    if (kind === 'date') return `${name}${rest};VALUE=DATE:${text}`;
    // A time in UTC is in no other zone.
    return `${name}${kind === 'utc' ? rest.replace(/;TZID=(?:"[^"]*"|[^;]*)/i, '') : rest}:${text}`;
  });
}

function mendRule(line: string, rule: string): string {
  const [, until] = /(?:^|;)UNTIL=([^;]*)/i.exec(rule) ?? [];
  const end = until === undefined ? '' : mendMoment(until.trim());
  if (!/(?:^|;)FREQ=/i.test(rule) || end === undefined) return unread('RRULE', rule);
  return until === undefined ? line : line.replace(/UNTIL=[^;]*/i, `UNTIL=${end}`);
}

/** `20261124`, `20261124T100000` or the same with a Z; undefined for what is no time there ever is. */
function mendMoment(text: string): string | undefined {
  const [, year = '', month = '', day = '', hour, minute = '00', second = '00', zone = ''] =
    /^(\d{4})-?(\d\d)-?(\d\d)(?:[T ](\d\d):?(\d\d)(?::?(\d\d)(?:[.,]\d+)?)?(Z|[+-]\d\d:?\d\d)?)?$/i.exec(
      text,
    ) ?? [];
  const time = `${hour ?? '00'}:${minute}:${second === '60' ? '59' : second}`;
  const moment = new Date(`${year}-${month}-${day}T${time}Z`);
  // 30 February would be read as a day in March.
  if (Number.isNaN(moment.getTime()) || !moment.toISOString().startsWith(`${year}-${month}-${day}T${time}`))
    return undefined;
  if (hour === undefined) return `${year}${month}${day}`;
  const compact = (date: Date) => date.toISOString().replace(/[-:]|\.\d+Z/g, '');
  if (zone === '') return compact(moment);
  const [, sign, hours = '0', minutes = '0'] = /^([+-])(\d\d):?(\d\d)$/.exec(zone) ?? [];
  const offset = (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -1 : 1);
  return `${compact(new Date(moment.getTime() - offset * 60_000))}Z`;
}
