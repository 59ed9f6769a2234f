import type { Page } from 'playwright-core';

/** A file as the page's file chooser gets it. */
interface ChosenFile {
  readonly name: string;
  readonly mimeType: string;
  readonly buffer: Buffer;
}

/** What a person does on the chat page, and what comes back. */
export class ChatPage {
  readonly #page: Page;
  /** Errors and warnings of the page's own console, content policy included. */
  readonly complaints: string[] = [];
  /** Answers there were before the last message. */
  #heard = 0;

  constructor(page: Page) {
    this.#page = page;
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) this.complaints.push(message.text());
    });
    page.on('pageerror', (error) => this.complaints.push(error.message));
  }

  /** Waits until the page hears what happens. */
  async isOnline(): Promise<void> {
    await this.#page.locator('.presence', { hasText: 'online' }).waitFor();
  }

  async attaches(...files: ChosenFile[]): Promise<void> {
    await this.#page.locator('#files').setInputFiles(files);
  }

  /** Types and sends with Enter. */
  async writes(text: string): Promise<void> {
    this.#heard = await this.answerCount();
    await this.#page.locator('#message').fill(text);
    await this.#page.keyboard.press('Enter');
  }

  /** Taps, or reaches by keyboard, one of the choices below the last answer that has some. */
  async chooses(title: string, { byKeyboard = false } = {}): Promise<void> {
    this.#heard = await this.answerCount();
    const button = this.#page.locator('.choices').last().getByRole('button', { name: title });
    if (!byKeyboard) return button.click();
    await button.focus();
    await this.#page.keyboard.press('Enter');
  }

  /** The next answer's words. */
  async hears(): Promise<string> {
    const next = this.#page.locator('.from-assistant .bubble').nth(this.#heard);
    await next.waitFor();
    this.#heard = await this.answerCount();
    return (await next.textContent()) ?? '';
  }

  answerCount(): Promise<number> {
    return this.#page.locator('.from-assistant').count();
  }

  /** Real width of the last photo in pixels; 0 until it is loaded. */
  photoWidth(): Promise<number> {
    return this.#page
      .locator('img.photo')
      .last()
      .evaluate((image) => (image as unknown as { naturalWidth: number }).naturalWidth);
  }

  /** Chooses who is writing. */
  async becomes(name: string): Promise<void> {
    await this.#page.locator(`.person[data-name="${name}"]`).click();
    await this.isOnline();
    await this.#page.locator('#bubbles .bubble, #empty:not([hidden])').first().waitFor();
    this.#heard = await this.answerCount();
  }
}
