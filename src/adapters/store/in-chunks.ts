/** SQLite binds 32,766 values a statement, Postgres 65,535; the widest row has 26 columns. */
const rowsAtOnce = 1_000;

/** Does work with a list of any length in pieces that fit one statement, one after the other; nothing for an empty list. */
export async function inChunks<Item, Result>(
  items: readonly Item[],
  work: (chunk: readonly Item[]) => Promise<readonly Result[]>,
): Promise<Result[]> {
  const results: Result[] = [];
  for (let start = 0; start < items.length; start += rowsAtOnce) {
    for (const result of await work(items.slice(start, start + rowsAtOnce))) results.push(result);
  }
  return results;
}
