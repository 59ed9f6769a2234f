/** How people call a page, before its number. */
const before =
  'pages?|page no\\.?|pgs?\\.?|pp?\\.|seiten?|s\\.|paginas?|pagine|pag\\.|pags\\.|stron\\p{L}*|strana|strane|str\\.|stranica|страниц\\p{L}*|стр\\.|сторінк\\p{L}*|sayfa|blz\\.?|bladzijden?|sidan?|side|sivu\\p{L}*|oldal|σελιδα|صفحة|الصفحة|صفحه|עמוד|पृष्ठ|หน้า|halaman|trang|第';
/** And after it. */
const after = 'ページ|頁|页|쪽|페이지|\\. oldal|\\. sivu|\\. sayfa|\\. seite|th page|st page|nd page|rd page';
const range = '(\\d{1,4})(?:\\s*(?:-|–|—|to|bis|a|à|until|und|and|y|et|e|,)\\s*(\\d{1,4}))?';

const leading = new RegExp(`(?<![\\p{L}\\p{N}])(?:${before})\\s*${range}`, 'gu');
const trailing = new RegExp(`(?<!\\d)${range}\\s*(?:${after})`, 'gu');
const last =
  /(?:last|final) page|letzten? seite|derniere page|ultima (?:pagina|hoja)|последн\p{L}* страниц|ostatni\p{L}* stron|最后一页|最後のページ/u;

/** More pages than this in one range is a figure of speech. */
const longestRange = 20;

/**
 * Pages a question asks for: "page 12", "Seiten 3-5", "第12页", "the last page". Page numbers as printed in `[page N]`.
 * @param folded the question in the form of `fold`
 */
export function pagesAskedFor(folded: string, pageCount: number): Set<number> {
  const pages = new Set<number>();
  for (const [, from, to] of [...folded.matchAll(leading), ...folded.matchAll(trailing)]) {
    const first = Number(from);
    const end = to === undefined ? first : Number(to);
    if (end < first || end - first > longestRange) pages.add(first).add(end);
    else for (let page = first; page <= end; page += 1) pages.add(page);
  }
  if (last.test(folded)) pages.add(pageCount);
  return pages;
}
