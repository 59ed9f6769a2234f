import { join } from 'node:path';
import SQLite from 'better-sqlite3';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findChromium, launchChromium } from '#tests/support/browser.ts';
import { ChatPage } from '#tests/support/chat-page.ts';
import { type RunningProduct, startProduct } from '#tests/support/product.ts';

const chromiumPath = findChromium();
const artifacts = new URL('../artifacts/', import.meta.url).pathname;

/** What a provider could have reported of the answers, oldest first. */
const reported = [
  { state: 'sent' },
  { state: 'delivered', delivered_at: '2026-11-21T10:00:01.000Z' },
  { state: 'read', delivered_at: '2026-11-21T10:00:01.000Z', read_at: '2026-11-21T10:00:05.000Z' },
  { state: 'played', played_at: '2026-11-21T10:00:07.000Z' },
  {
    state: 'failed',
    failed_at: '2026-11-21T10:00:02.000Z',
    error_code: '63003',
    error_reason: 'the person is not on WhatsApp',
  },
] as const;

describe.skipIf(!chromiumPath)('ticks in Chromium', () => {
  let product: RunningProduct;
  let browser: Browser;
  let page: Page;
  beforeAll(async () => {
    product = await startProduct({ env: { REPLY_DELAY_MS: '30', RATE_LIMIT_MESSAGES: '1000' } });
    browser = await launchChromium(chromiumPath ?? '');
    page = await browser.newPage({
      viewport: { width: 1180, height: 860 },
      deviceScaleFactor: 2,
      colorScheme: 'light',
    });
    await page.goto(product.chatUrl);
    const chat = new ChatPage(page);
    await chat.isOnline();
    for (let index = 0; index < reported.length; index += 1) {
      await chat.writes(`/usage`);
      await chat.hears();
    }
    report(join(product.folder, 'bot.db'));
    await page.reload();
    await chat.isOnline();
    expect(chat.complaints).toEqual([]);
  });
  afterAll(async () => {
    await browser?.close();
    await product?.[Symbol.asyncDispose]();
  });

  const bubble = (index: number) => page.locator('.from-assistant .bubble').nth(index);

  it.each([
    [0, 'Sent', '#tick', false],
    [1, 'Delivered', '#ticks', false],
    [2, 'Read', '#ticks', true],
    [3, 'Played', '#ticks', true],
    [4, 'Failed', '#mark', false],
  ])('answer %i is %s, for eyes and ears', async (index, words, drawing, isColored) => {
    const ticks = bubble(index).locator('.ticks');
    await ticks.waitFor();
    expect(await ticks.locator('.visually-hidden').textContent()).toBe(words);
    expect(await ticks.getAttribute('title')).toBe(words);
    expect(await ticks.locator('use').getAttribute('href')).toMatch(new RegExp(`${drawing}$`));
    expect(await ticks.evaluate((element) => element.classList.contains('is-read'))).toBe(isColored);
  });

  it('says why one could not be delivered, in the bubble and in the inspector', async () => {
    const words = 'the person is not on WhatsApp';
    expect(await bubble(4).locator('.remark').textContent()).toBe(`Could not be delivered: ${words}`);
    await bubble(4).click();
    const inspector = page.locator('#inspector');
    await inspector.getByText('Delivery', { exact: true }).waitFor();
    for (const shown of ['Failed', 'The person is not on WhatsApp.', '63003']) {
      await expect.poll(() => inspector.textContent()).toContain(shown);
    }
    await page.screenshot({ path: `${artifacts}ticks-light.png` });
    await bubble(2).click();
    await expect.poll(() => inspector.textContent()).toContain('Delivered');
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.screenshot({ path: `${artifacts}ticks-dark.png` });
  });
});

/** Writes what was reported beside the running product, as if a provider had said so. */
function report(file: string): void {
  using closing = new DisposableStack();
  const sqlite = closing.adopt(new SQLite(file), (open) => void open.close());
  const ids = sqlite.prepare<[], { id: string }>('select id from outbound_parts order by id').all();
  for (const [index, { id }] of ids.entries()) {
    for (const [column, value] of Object.entries(reported[index] ?? {}))
      sqlite.prepare(`update outbound_parts set ${column} = ? where id = ?`).run(value, id);
  }
}
