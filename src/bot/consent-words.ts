import type { InboundMessage } from '#src/domain/message.ts';
import { type ConsentLanguage, startWords, stopWords } from './consent-vocabulary.ts';

/** Somebody says, as their whole message, that they want no more messages, or that they want them again. */
export interface ConsentWord {
  readonly wish: 'stop' | 'start';
  /** The language of the word; English for those of all languages. */
  readonly language: ConsentLanguage;
  /** The very word `start`, which means itself to somebody who never stopped as well; its synonyms are ordinary words to them. */
  readonly isPlain: boolean;
}

/** Longer messages say more than a word. In UTF-16 units; the longest entry has 37, and decoration needs room. */
const longestUnits = 80;

const words = toTable();

/**
 * The wish a message is, if it is one and nothing else. Case, accents, emoji, and punctuation around or between the words do not
 * matter, so `/stop`, `“Stop!”` and `ＳＴＯＰ 🛑` are the same; "stop, he is not coming" is an ordinary message. Of a button the payload
 * decides: a choice that is labeled Stop and means something else has another one. Whoever edits an earlier text into such a word has
 * said it.
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
  return findWord(message.button?.payload || message.text || message.button?.text || '');
}

function findWord(text: string): ConsentWord | undefined {
  if (text.length === 0 || text.length > longestUnits) return undefined;
  const known = words.get(plain(text));
  return known ?? words.get(once(plain(text)));
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

function toTable(): ReadonlyMap<string, ConsentWord> {
  const table = new Map<string, ConsentWord>();
  const add = (wish: ConsentWord['wish'], vocabulary: Readonly<Record<string, string>>) => {
    for (const [language, list] of Object.entries(vocabulary)) {
      for (const entry of list.split(',')) {
        const word = plain(entry);
        // What several languages share is answered in the first of them.
        if (table.has(word)) continue;
        const spoken = (language === 'others' ? 'en' : language) as ConsentLanguage;
        table.set(word, { wish, language: spoken, isPlain: word === 'start' });
      }
    }
  };
  add('stop', stopWords);
  add('start', startWords);
  return table;
}
