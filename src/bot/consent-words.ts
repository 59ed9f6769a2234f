import type { InboundMessage } from '#src/domain/message.ts';
import {
  bareStopWords,
  type ConsentLanguage,
  courtesies,
  promotionWords,
  startWords,
  stopWords,
} from './consent-vocabulary.ts';

/** Somebody says, as their whole message, that they want no more messages, or no promotions, or that they want them again. */
export interface ConsentWord {
  readonly wish: 'stop' | 'stop_promotions' | 'start';
  /** The language of the word; English for those of all languages. */
  readonly language: ConsentLanguage;
  /** The very word `start`, which means itself to somebody who never stopped as well; its synonyms are ordinary words to them. */
  readonly isPlain: boolean;
}

/** Longer messages say more than a word. In UTF-16 units; the longest entry has 36, and decoration needs room. */
const longestUnits = 80;

const { words, bareWords } = toTables();
const courtesyLanguages = toCourtesies();

/**
 * The wish a message is, if it is one and nothing else. Case, accents, emoji, and punctuation around or between the words do not
 * matter, nor do words of courtesy at the beginning and the end, so `/stop`, `“Stop!”`, `S.T.O.P`, `Stop, please` and `ＳＴＯＰ 🛑` are the
 * same; "stop, he is not coming" is an ordinary message. Of a button the payload decides: a choice that is labeled Stop and means
 * something else has another one. A label that asks for no promotions means it, whatever is behind it. Whoever edits an earlier text
 * into such a word has said it.
 */
export function toConsentWord(
  message: Pick<InboundMessage, 'type' | 'text' | 'button' | 'change'> & {
    readonly attachments: readonly unknown[];
  },
): ConsentWord | undefined {
  const { type, change, attachments } = message;
  // Whoever comments a file says something else; so does whoever edits a comment, which comes without the file.
  if (attachments.length > 0) return undefined;
  if (change && (change.kind !== 'edit' || type !== 'text')) return undefined;
  const { button, text } = message;
  const word = findWord(button?.payload || text || button?.text || '');
  const label = word || !button ? undefined : findWord(button.text);
  return word ?? (label?.wish === 'stop_promotions' ? label : undefined);
}

function findWord(text: string): ConsentWord | undefined {
  if (text.length === 0 || text.length > longestUnits) return undefined;
  const said = plain(text);
  const known = bareWords.get(said) ?? look(said);
  if (known) return known;
  const { rest, language } = withoutCourtesy(said);
  const polite = rest === said ? undefined : look(rest);
  if (!polite) return undefined;
  // `stop` is a word of all languages; what was said with it tells which one.
  return { ...polite, language: polite.language === 'en' ? language : polite.language, isPlain: false };
}

function look(said: string): ConsentWord | undefined {
  return words.get(said) ?? words.get(once(said)) ?? words.get(joined(said)) ?? words.get(calm(said));
}

/** Letters and digits alone, in lower case, without accents; whatever stands between words is one blank. */
export function plain(text: string): string {
  return (
    text
      .normalize('NFKD')
      .toLowerCase()
      .normalize('NFKD')
      // Accents, Arabic vowels and hamzas, and what only changes how a character is drawn. Other marks are letters (Hindi).
      .replace(/[\u0300-\u036f]|[\u064b-\u065f]|\u0640|[\ufe00-\ufe0f]|\p{Me}|\p{Cf}/gu, '')
      .replaceAll('ı', 'i')
      .normalize('NFC')
      .replace(/[^\p{L}\p{N}\p{M}]+/gu, ' ')
      .trim()
  );
}

/** `stop stop stop` is `stop`. */
function once(text: string): string {
  const [first = '', ...others] = text.split(' ');
  return others.every((word) => word === first) ? first : text;
}

/** `s t o p` is `stop`. */
function joined(text: string): string {
  return text.split(' ').every((letter) => letter.length === 1) ? text.replaceAll(' ', '') : text;
}

/** `stopppp` is `stop`; no word has a letter three times in a row. */
function calm(text: string): string {
  return text.replace(/(\p{L})\1{2,}/gu, '$1');
}

/** The text without words of courtesy at its beginning and end, and the language of the last one taken away. */
function withoutCourtesy(text: string): { rest: string; language: ConsentLanguage } {
  let rest = text;
  let language: ConsentLanguage = 'en';
  for (let found = true; found; ) {
    found = false;
    for (const [courtesy, spoken] of courtesyLanguages) {
      // Chinese has no blanks between words.
      const blank = spoken === 'zh' ? '' : ' ';
      if (rest.startsWith(courtesy + blank)) rest = rest.slice(courtesy.length).trim();
      else if (rest.endsWith(blank + courtesy)) rest = rest.slice(0, -courtesy.length).trim();
      else continue;
      [found, language] = [true, spoken];
    }
  }
  return { rest, language };
}

function toTables(): Record<'words' | 'bareWords', ReadonlyMap<string, ConsentWord>> {
  const table = new Map<string, ConsentWord>();
  const bare = new Map<string, ConsentWord>();
  const add = (
    into: Map<string, ConsentWord>,
    wish: ConsentWord['wish'],
    vocabulary: Readonly<Record<string, string>>,
  ) => {
    for (const [language, list] of Object.entries(vocabulary)) {
      for (const entry of list.split(',')) {
        const word = plain(entry);
        // What several languages share is answered in the first of them.
        if (into.has(word)) continue;
        const spoken = (language === 'others' ? 'en' : language) as ConsentLanguage;
        into.set(word, { wish, language: spoken, isPlain: word === 'start' });
      }
    }
  };
  add(table, 'stop', stopWords);
  add(table, 'stop_promotions', promotionWords);
  add(table, 'start', startWords);
  add(bare, 'stop', bareStopWords);
  return { words: table, bareWords: bare };
}

/** Longest first, so that `thank you` is not taken for `thank`. */
function toCourtesies(): readonly (readonly [string, ConsentLanguage])[] {
  return Object.entries(courtesies)
    .flatMap(([language, list]) =>
      list.split(',').map((entry) => [plain(entry), language as ConsentLanguage] as const),
    )
    .sort(([one], [other]) => other.length - one.length);
}
