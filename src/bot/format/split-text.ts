import { type CutPlace, cutPlaces, plainCutPlaces } from './cut-places.ts';

/** Each message costs money and a glance, so one more of them weighs this much against the pain of a cut. */
const painOfMessage = 60;
/** And this much at most for a part that is nearly empty, so that no three-letter tail follows a giant. */
const painOfUneven = 20;
/** Below this size the signs that would close and open marks again take more room than text. */
const roomForMarks = 40;

/** What every channel carries in one message, for one that is not configured any more. */
export const usualTextUnits = 1_580;

/**
 * Splits WhatsApp text into parts of at most `maxUnits` UTF-16 units, in order, none empty. Cuts fall between paragraphs, else
 * lines, sentences, words, and only then inside a word, never inside a character. Code blocks and marks that must be cut are closed
 * and opened again. Only white space at the cuts is lost.
 * @param maxUnits at least 2, so that every character fits
 * @throws RangeError when `maxUnits` is less than 2
 */
export function splitText(text: string, maxUnits: number): string[] {
  if (maxUnits < 2) throw new RangeError('a part needs room for one character');
  const whole = text.toWellFormed().trim();
  if (whole === '') return [];
  if (whole.length <= maxUnits) return [whole];
  const cuts =
    (maxUnits >= roomForMarks && bestCuts(whole.length, cutPlaces(whole, maxUnits), maxUnits)) ||
    bestCuts(whole.length, plainCutPlaces(whole, maxUnits), maxUnits) ||
    [];
  return cuts.slice(1).map((cut, index) => {
    const from = cuts[index] ?? cut;
    return from.open + whole.slice(from.next, cut.end) + cut.close;
  });
}

/** The cheapest way from the first character to the last, both included; undefined when some stretch fits no part. */
function bestCuts(length: number, inner: readonly CutPlace[], maxUnits: number): CutPlace[] | undefined {
  const start: CutPlace = { end: 0, next: 0, pain: 0, open: '', close: '' };
  const places = [start, ...inner, { ...start, end: length, next: length }];
  const costs: number[] = [0];
  const cameFrom: number[] = [0];
  places.forEach((place, to) => {
    if (to === 0) return;
    costs[to] = Number.POSITIVE_INFINITY;
    for (let from = to - 1; from >= 0; from -= 1) {
      const before = places[from] ?? start;
      if (place.end - before.next > maxUnits) break;
      const units = before.open.length + place.end - before.next + place.close.length;
      if (units > maxUnits || place.end <= before.next) continue;
      const cost =
        (costs[from] ?? 0) + place.pain + painOfMessage + painOfUneven * (1 - units / maxUnits) ** 2;
      if (cost < (costs[to] ?? 0)) {
        costs[to] = cost;
        cameFrom[to] = from;
      }
    }
  });
  if (costs.at(-1) === Number.POSITIVE_INFINITY) return undefined;
  const cuts: CutPlace[] = [];
  for (let at = places.length - 1; at > 0; at = cameFrom[at] ?? 0) cuts.unshift(places[at] ?? start);
  return [start, ...cuts];
}
