import { describe, expect, it } from 'vitest';
import { pngBomb } from '#tests/support/image-fixtures.ts';
import { endlessPdf, flateBomb, manyPages, textPdf } from '#tests/support/pdf-fixtures.ts';
import { fixture, openReadingRoom, problemOf, type ReadingRoom } from '#tests/support/reading-room.ts';

const signal = new AbortController().signal;
const read = (room: ReadingRoom, path: string) => room.readers.readPdf(path, { maxPages: 100, signal });

/** The readers still work: the measure of having survived. */
async function expectReading(room: ReadingRoom): Promise<void> {
  const path = await room.file('ordinary.pdf', await textPdf(['All is well']));
  expect((await read(room, path)).pages).toEqual([{ page: 1, text: 'All is well' }]);
}

describe('hostile files end their own process', () => {
  it('kills a compression bomb by its memory, while ours stays flat', async () => {
    await using room = await openReadingRoom({ children: 1 });
    const bomb = flateBomb();
    expect(bomb.length).toBeLessThan(1000);
    const path = await room.file('bomb.pdf', bomb);
    const before = process.memoryUsage().rss;
    expect(await problemOf(read(room, path))).toBe('too_complex');
    expect(process.memoryUsage().rss - before).toBeLessThan(50 * 1024 * 1024);
    await expectReading(room);
  });

  it('keeps the pages that were read when time runs out', async () => {
    await using room = await openReadingRoom({ children: 1, pdfTimeoutMs: 5000 });
    const path = await room.file('endless.pdf', endlessPdf(['Page one', 'Page two']));
    expect(await read(room, path)).toEqual({
      pageCount: 3,
      pages: [
        { page: 1, text: 'Page one' },
        { page: 2, text: 'Page two' },
      ],
      stoppedBy: 'time_limit',
    });
    await expectReading(room);
  });

  it('says that a file is too complex when time runs out before the first page', async () => {
    await using room = await openReadingRoom({ children: 1, pdfTimeoutMs: 2000 });
    expect(await problemOf(read(room, await room.file('endless.pdf', endlessPdf([]))))).toBe('too_complex');
  });

  it('survives a file that makes pdf.js reject a promise nobody awaits', async () => {
    await using room = await openReadingRoom({ children: 1 });
    expect(await problemOf(read(room, fixture('pdf/unhandled-rejection.pdf')))).toBe('damaged');
    await expectReading(room);
  });

  it('refuses an image of 30,000 by 30,000 pixels before decoding it', async () => {
    await using room = await openReadingRoom({ children: 1 });
    const path = await room.file('bomb.png', pngBomb(30_000, 30_000));
    expect(await problemOf(room.readers.prepareImage(path, { signal }))).toBe('too_many_pixels');
  });

  it('does not count the wait for a free process as reading time', async () => {
    await using room = await openReadingRoom({ children: 1, pdfTimeoutMs: 5000 });
    const endless = await room.file('endless.pdf', endlessPdf([]));
    const ordinary = await room.file('ordinary.pdf', await textPdf(manyPages(3)));
    const [first, second, third] = await Promise.allSettled([
      read(room, endless),
      read(room, endless),
      read(room, ordinary),
    ]);
    expect([first.status, second.status]).toEqual(['rejected', 'rejected']);
    expect(third).toMatchObject({ status: 'fulfilled', value: { pageCount: 3 } });
  });

  it('ends a job when it is aborted, and one that still waits', async () => {
    await using room = await openReadingRoom({ children: 1 });
    const path = await room.file('endless.pdf', endlessPdf([]));
    const abort = new AbortController();
    const options = { maxPages: 10, signal: abort.signal };
    const jobs = Promise.allSettled([
      room.readers.readPdf(path, options),
      room.readers.readPdf(path, options),
    ]);
    abort.abort(new Error('stop, please'));
    for (const job of await jobs) expect(job).toMatchObject({ reason: { message: 'stop, please' } });
    await expectReading(room);
  });

  it('says that it is stopping to jobs that are interrupted by the end of the product', async () => {
    const room = await openReadingRoom({ children: 1 });
    const path = await room.file('endless.pdf', endlessPdf([]));
    const jobs = Promise.allSettled([read(room, path), read(room, path)]);
    await room[Symbol.asyncDispose]();
    for (const job of await jobs)
      expect(job).toMatchObject({ reason: { code: 'stopping', retryable: true } });
  });
});
