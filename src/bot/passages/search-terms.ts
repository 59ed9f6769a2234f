/** Scripts written without spaces, or with endings glued to the word: searched by pairs of characters. */
const glued =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;

/** A word, a number or a code; the signs that hold codes, dates and amounts together stay inside (INV-2024-001, 1.234,50). */
const word = /[\p{L}\p{N}\p{M}]+(?:[-_./,:'’][\p{L}\p{N}\p{M}]+)*/gu;

/** Accents, Hebrew points and Arabic vowels: written by some and left out by others. Marks of other scripts are letters. */
const optionalMarks = /[\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0670]+/g;

/** Lower case without diacritics: `Größe` and `grosse`, `Čeština` and `cestina` are the same to a searcher. */
export function fold(text: string): string {
  const bare = text.normalize('NFKD').replace(optionalMarks, '').normalize('NFC');
  return bare.toLowerCase().replaceAll('ß', 'ss');
}

/**
 * The terms of a folded text. A code or a date gives the whole, its pieces, and its digits in one, so that `1,234.50` is found by
 * `1234.50` and `INV-2024-001` by `2024-001`.
 */
export function searchTerms(folded: string): string[] {
  const terms: string[] = [];
  for (const [found] of folded.matchAll(word)) {
    if (glued.test(found)) terms.push(...pairs(found));
    else if (/^[\p{L}\p{N}\p{M}]+$/u.test(found)) terms.push(found, ...groupsOfFour(found));
    else {
      const pieces = found.split(/[-_./,:'’]/);
      terms.push(found, ...pieces);
      if (/^[\d.,'’]+$/.test(found)) terms.push(pieces.join(''));
      // 1.234.567,00 is what people call 1234567.
      if (/^\d[\d.,'’]*[.,]\d\d$/.test(found)) terms.push(pieces.slice(0, -1).join(''));
      for (let at = 1; at + 1 < pieces.length; at += 1) terms.push(found.slice(startOfPiece(pieces, at)));
    }
  }
  return terms;
}

/** Account and card numbers are printed in groups of four and typed without them. */
function groupsOfFour(code: string): string[] {
  const isLongNumber = code.length >= 12 && code.length <= 34 && /^[a-z]{0,2}\d[\da-z]*\d$/.test(code);
  return isLongNumber ? (code.match(/.{1,4}/g) ?? []) : [];
}

function startOfPiece(pieces: readonly string[], at: number): number {
  return pieces.slice(0, at).reduce((units, piece) => units + piece.length + 1, 0);
}

function pairs(run: string): string[] {
  const characters = [...run];
  if (characters.length === 1) return characters;
  return characters.slice(1).map((character, at) => `${characters[at]}${character}`);
}
