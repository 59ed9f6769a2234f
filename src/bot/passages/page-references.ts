import type { PageUnit } from '#src/domain/reading.ts';
import type { ConversationDocument } from '#src/ports/passages.ts';
import { fold } from './search-terms.ts';

/** How people call a page, before its number. */
const before =
  'pages?|page no\\.?|pgs?\\.?|pp?\\.|seiten?|s\\.|paginas?|pagine|pag\\.|pags\\.|stron\\p{L}*|strana|strane|str\\.|stranica|страниц\\p{L}*|стр\\.|сторінк\\p{L}*|sayfa|blz\\.?|bladzijden?|sidan?|side|sivu\\p{L}*|oldal|σελιδα|صفحة|الصفحة|صفحه|עמוד|पृष्ठ|หน้า|halaman|trang|第';
/** And after it. */
const after = 'ページ|頁|页|쪽|페이지|\\. oldal|\\. sivu|\\. sayfa|\\. seite|th page|st page|nd page|rd page';
const range = '(\\d{1,4})(?:\\s*(?:-|–|—|to|bis|a|à|until|und|and|y|et|e|,)\\s*(\\d{1,4}))?';

const leading = leadingWords(before);
/**
 * How people call a sheet or a slide, which they also call pages. Sections have no such words: "section 4" is the author's numbering,
 * and finds its heading as words do.
 */
const others: Partial<Record<PageUnit, RegExp>> = {
  sheet: leadingWords(
    'sheets?|worksheets?|tabs?|tabelle\\p{L}*|blatt|tabellenblatt|hojas?|feuilles?|fogli\\p{L}*|folhas?|planilha|лист\\p{L}*|arkusz\\p{L}*',
  ),
  slide: leadingWords(
    'slides?|folien?|diapositi\\p{L}*|diapos?|lamina|слайд\\p{L}*|slajd\\p{L}*|slayt\\p{L}*|dia',
  ),
};
const trailing = new RegExp(`(?<!\\d)${range}\\s*(?:${after})`, 'gu');
const last =
  /(?:last|final) (?:page|slide|sheet)|letzten? (?:seite|folie|blatt)|dernier[ea]? (?:page|diapositive|feuille)|ultima (?:pagina|hoja|diapositiva)|последн\p{L}* страниц|ostatni\p{L}* stron|最后一页|最後のページ/u;

/** More pages than this in one range is a figure of speech. */
const longestRange = 20;

/** A sheet "Q1" is asked for by its name; one called "A" would be found in every question. */
const shortestName = 2;

/**
 * Pages a question asks for: "page 12", "Seiten 3-5", "第12页", "slide 4", "the last page", or a sheet by its name. Numbers and names
 * as printed in the marks.
 * @param folded the question in the form of `fold`
 */
export function pagesAskedFor(
  folded: string,
  { unit, pageCount, pages: all }: Pick<ConversationDocument, 'unit' | 'pageCount' | 'pages'>,
): Set<number> {
  const pages = new Set<number>();
  const other = unit && others[unit];
  const called = [leading, trailing, ...(other ? [other] : [])].flatMap((words) => [
    ...folded.matchAll(words),
  ]);
  for (const [, from, to] of called) {
    const first = Number(from);
    const end = to === undefined ? first : Number(to);
    if (end < first || end - first > longestRange) pages.add(first).add(end);
    else for (let page = first; page <= end; page += 1) pages.add(page);
  }
  if (last.test(folded)) pages.add(pageCount);
  if (unit === undefined || unit === 'page') return pages;
  for (const { page, name } of all) if (name && isNamed(folded, fold(name.trim()))) pages.add(page);
  return pages;
}

function leadingWords(words: string): RegExp {
  return new RegExp(`(?<![\\p{L}\\p{N}])(?:${words})\\s*${range}`, 'gu');
}

function isNamed(folded: string, name: string): boolean {
  if (name.length < shortestName) return false;
  const at = folded.indexOf(name);
  if (at < 0) return false;
  const around = `${folded[at - 1] ?? ' '}${folded[at + name.length] ?? ' '}`;
  return !/[\p{L}\p{N}]/u.test(around);
}
