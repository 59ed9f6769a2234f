import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findChromium, launchChromium } from '#tests/support/browser.ts';
import { ChatPage } from '#tests/support/chat-page.ts';
import { textPdf } from '#tests/support/pdf-fixtures.ts';
import { type RunningProduct, startProduct } from '#tests/support/product.ts';
import { samplePhoto } from '#tests/support/sample-photo.ts';

const chromiumPath = findChromium();
const artifacts = new URL('../artifacts/', import.meta.url).pathname;

describe.skipIf(!chromiumPath)('the chat page in Chromium', () => {
  let product: RunningProduct;
  let browser: Browser;
  let page: Page;
  let chat: ChatPage;
  beforeAll(async () => {
    product = await startProduct({
      env: { REPLY_DELAY_MS: '150', RATE_LIMIT_MESSAGES: '1000', APP_NAME: 'Team Assistant' },
    });
    browser = await launchChromium(chromiumPath ?? '', { microphone: true });
    page = await browser.newPage({
      viewport: { width: 1360, height: 860 },
      deviceScaleFactor: 2,
      colorScheme: 'light',
    });
    chat = new ChatPage(page);
    await page.goto(product.chatUrl);
  });
  afterAll(async () => {
    await browser?.close();
    await product?.[Symbol.asyncDispose]();
  });

  it('opens by the printed link, once', async () => {
    expect(new URL(page.url()).search).not.toContain('token');
    await chat.isOnline();
    expect(await page.locator('#empty').textContent()).toContain('Say hello to Team Assistant');
    expect(await page.locator('.banner').textContent()).toContain('OPENAI_API_KEY');

    const stranger = await browser.newPage();
    await stranger.goto(product.chatUrl);
    expect(await stranger.locator('main').textContent()).toContain('Each link works once');
    await stranger.goto(`${product.url}/simulator`);
    expect(new URL(stranger.url()).pathname).toBe('/sign-in');
    await stranger.close();
  });

  it('answers a text, and ticks turn blue', async () => {
    await chat.writes('Hello! What can you do?');
    expect(await chat.hears()).not.toBe('');
    await page.locator('.from-person .ticks.is-read').waitFor();
  });

  it('shows a photo and answers what it is', async () => {
    await chat.attaches({ name: 'evening.jpg', mimeType: 'image/jpeg', buffer: await samplePhoto() });
    await chat.writes('What is this?');
    expect(await chat.hears()).toMatch(/960\s*[×x]\s*720/);
    expect(await chat.photoWidth()).toBe(960);
    await page.reload();
    await chat.isOnline();
    await expect.poll(() => chat.photoWidth()).toBe(960);
  });

  it('reads a PDF, and the inspector shows what happened', async () => {
    const pdf = await textPdf(
      ['Offer 2026-118 for the roof repair\nTotal: 4,820.00 EUR', 'Terms of payment'],
      {
        title: 'Roof repair',
      },
    );
    await chat.attaches({ name: 'offer.pdf', mimeType: 'application/pdf', buffer: Buffer.from(pdf) });
    await chat.writes('Please read this');
    expect(await chat.hears()).toContain('Roof repair');
    await page.locator('.file', { hasText: 'offer.pdf' }).getByText('2 pages').waitFor();

    await page.locator('.from-person .text', { hasText: 'Please read this' }).click();
    const inspector = page.locator('#inspector');
    await inspector.getByText('Allowed').waitFor();
    for (const words of [
      'Understand',
      'Answer',
      'Deliver',
      ' ms',
      'application/pdf',
      '2 of 2 read',
      'Total: 4,820.00 EUR',
    ]) {
      await expect.poll(() => inspector.textContent()).toContain(words);
    }
    await page.screenshot({ path: `${artifacts}chat-desktop-light.png` });
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.screenshot({ path: `${artifacts}chat-desktop-dark.png` });
    await page.emulateMedia({ colorScheme: 'light' });
    await page.keyboard.press('Escape');
    await inspector.waitFor({ state: 'hidden' });
  });

  it('fits a phone: nothing sticks out, targets are big enough, details are a sheet', async () => {
    const phone = await browser.newContext({
      viewport: { width: 390, height: 844 },
      deviceScaleFactor: 2,
      isMobile: true,
      hasTouch: true,
      storageState: await page.context().storageState(),
    });
    const small = await phone.newPage();
    await small.goto(`${product.url}/simulator`);
    await small.locator('.from-person .bubble', { hasText: 'Please read this' }).waitFor();
    expect(await small.evaluate('document.documentElement.scrollWidth')).toBe(390);
    const targets = small.locator('button:visible, a.person:visible, a.file:visible');
    for (const box of await Promise.all((await targets.all()).map((target) => target.boundingBox()))) {
      expect(Math.round(box?.height ?? 0)).toBeGreaterThanOrEqual(44);
    }
    await small.screenshot({ path: `${artifacts}chat-phone.png` });
    await small.locator('.from-person .text', { hasText: 'Please read this' }).tap();
    await small.locator('#inspector').getByText('Allowed').waitFor();
    await small.screenshot({ path: `${artifacts}chat-phone-inspector.png` });
    await small.locator('#inspector-close').tap();
    await small.locator('#inspector').waitFor({ state: 'hidden' });
    await phone.close();
  });

  it('sends several files at once as an album with one answer', async () => {
    const answers = await chat.answerCount();
    await chat.attaches(
      { name: 'one.jpg', mimeType: 'image/jpeg', buffer: await samplePhoto() },
      { name: 'list.csv', mimeType: 'text/csv', buffer: Buffer.from('tile,price\nclay,118\n') },
    );
    await chat.writes('Both of these');
    const answer = await chat.hears();
    expect(answer).toContain('list.csv');
    expect(await chat.answerCount()).toBe(answers + 1);
  });

  it('records a voice note', async () => {
    await page.getByRole('button', { name: 'Record a voice note' }).click();
    await page.getByText('0:01').waitFor();
    await page.getByRole('button', { name: 'Send the voice note' }).click();
    await chat.hears();
    const sound = page.locator('.sound').last();
    await sound.getByRole('button', { name: 'Play' }).click();
    await sound.getByRole('button', { name: 'Pause' }).waitFor();
  });

  it('quotes a message in a reply, by keyboard alone', async () => {
    await page.locator('#thread').focus();
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.locator('#inspector:not([hidden])').waitFor();
    await page.keyboard.press('Escape');
    await page.keyboard.press('r');
    await page.locator('#reply-strip:not([hidden])').waitFor();
    await page.keyboard.type('About this one');
    await page.keyboard.press('Enter');
    await page
      .locator('.from-person .bubble', { hasText: 'About this one' })
      .locator('.quote', { hasText: 'Team Assistant' })
      .waitFor();
    await chat.hears();
  });

  it('offers choices as buttons below the answer, for a mouse, a thumb and the keyboard alone', async () => {
    await chat.writes('/forget');
    expect(await chat.hears()).toContain('/forget yes');
    const choices = page.getByRole('group', { name: 'Choices' });
    expect(await choices.getByRole('button').allTextContents()).toEqual(['Erase everything', 'A copy first']);
    await page.screenshot({ path: `${artifacts}choices-light.png` });
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.screenshot({ path: `${artifacts}choices-dark.png` });
    await page.emulateMedia({ colorScheme: 'light' });

    // The way back from the message field, and on from button to button.
    await choices.getByRole('button').first().focus();
    await page.keyboard.press('Tab');
    const focused = page.locator(':focus');
    expect(await focused.textContent()).toBe('A copy first');
    await chat.chooses('A copy first', { byKeyboard: true });
    expect(await chat.hears()).toMatch(/your data/i);
    const reply = page.locator('.from-person .bubble').last();
    expect(await reply.locator('.text').textContent()).toBe('A copy first');
    await reply.locator('.quote', { hasText: 'Team Assistant' }).waitFor();

    const phone = await browser.newContext({
      viewport: { width: 390, height: 844 },
      deviceScaleFactor: 2,
      isMobile: true,
      hasTouch: true,
      storageState: await page.context().storageState(),
    });
    const small = await phone.newPage();
    const onPhone = new ChatPage(small);
    await small.goto(`${product.url}/simulator?person=${encodeURIComponent('+15550101')}`);
    await onPhone.isOnline();
    await onPhone.writes('/forget');
    await onPhone.hears();
    expect(await small.evaluate('document.documentElement.scrollWidth')).toBe(390);
    for (const button of await small.locator('.choice').all()) {
      expect(Math.round((await button.boundingBox())?.height ?? 0)).toBeGreaterThanOrEqual(44);
    }
    await small.screenshot({ path: `${artifacts}choices-phone.png` });
    await onPhone.writes('1');
    expect(await onPhone.hears()).toContain('Everything of yours is being erased now');
    expect(onPhone.complaints).toEqual([]);
    await phone.close();
  });

  it('shows markup as the text it is, and WhatsApp marks as what they mean', async () => {
    await chat.writes('<img src=x onerror="document.title=1"> *bold* `x` https://example.com/a');
    const bubble = page.locator('.from-person .bubble').last();
    await bubble.locator('strong', { hasText: 'bold' }).waitFor();
    expect(await bubble.locator('img').count()).toBe(0);
    expect(await bubble.locator('a').getAttribute('rel')).toContain('noopener');
    await chat.hears();
    expect(await page.title()).toBe('Chat · Team Assistant');
  });

  it('turns a stranger away', async () => {
    await chat.becomes('Stranger');
    await chat.writes('Let me in');
    expect(await chat.hears()).not.toBe('');
    await page.locator('.remark', { hasText: 'Not on the whitelist' }).waitFor();
    await chat.becomes('Ana');
    await page.locator('.from-person .bubble', { hasText: 'About this one' }).waitFor();
  });

  it('lets the owner sign out', async () => {
    await page.getByRole('button', { name: 'Sign out' }).first().click();
    await page.waitForURL('**/sign-in');
    await page.goto(`${product.url}/simulator`);
    expect(new URL(page.url()).pathname).toBe('/sign-in');
  });

  it('broke no rule of its own content policy and logged no error on the way', () => {
    expect(chat.complaints).toEqual([]);
  });
});
