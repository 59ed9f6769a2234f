import { describe, expect, it } from 'vitest';
import { createOfflineAssistant } from '#src/adapters/ai/offline/offline-assistant.ts';
import type { Reading } from '#src/domain/reading.ts';
import { replyRequest } from './ai-under-test.ts';

const ask = async (
  readings: { reading: Reading; mimeType: string; fileName?: string }[],
  personText = '',
) => {
  const files = readings.map((file) => ({ bytes: 348_160, ...file }));
  return createOfflineAssistant().reply(replyRequest({ files, personText, text: personText || 'files' }));
};

describe('the offline assistant', () => {
  it('tells a PDF’s title, pages, words and first lines', async () => {
    const { text } = await ask([
      {
        mimeType: 'application/pdf',
        fileName: 'q3.pdf',
        reading: {
          kind: 'document',
          title: 'Quarterly_Report',
          pageCount: 12,
          pages: [
            { page: 1, text: 'Quarterly Report\n\n  Revenue *rose*   by 4 %\n' },
            { page: 2, text: 'Outlook' },
          ],
          wordCount: 3_456,
          recognized: false,
          partlyBecause: 'page_limit',
        },
      },
    ]);
    expect(text).toContain('**Quarterly\\_Report**: PDF, 12 pages, 3,456 words.');
    expect(text).toContain('I read 2 pages of 12.');
    expect(text).toContain('> Quarterly Report\n> Revenue \\*rose\\* by 4 %\n> Outlook');
  });

  it('counts sheets and slides, but not sections, which mean nothing to people', async () => {
    const pages = [{ page: 1, text: 'Rent' }];
    const about = async (unit: 'sheet' | 'section') =>
      (
        await ask([
          {
            mimeType: 'x/y',
            fileName: 'a',
            reading: { kind: 'document', unit, pageCount: 2, pages, wordCount: 1, recognized: false },
          },
        ])
      ).text;
    expect(await about('sheet')).toContain('**a**: 2 sheets, 1 word.');
    expect(await about('section')).toContain('**a**: 1 word.');
  });

  it('tells a scan from a document', async () => {
    const { text } = await ask([
      {
        mimeType: 'application/pdf',
        reading: { kind: 'document', pageCount: 1, pages: [], wordCount: 0, recognized: false },
      },
    ]);
    expect(text).toContain('**Document**: PDF, 1 page, 0 words.');
    expect(text).toContain('a scan can be read once a model is connected');
  });

  it('tells a photo’s kind and size and a voice message’s length', async () => {
    const { text } = await ask([
      {
        mimeType: 'image/jpeg',
        reading: { kind: 'image', width: 1200, height: 900, format: 'jpeg', description: '' },
      },
      { mimeType: 'audio/ogg', reading: { kind: 'audio', seconds: 74.4, transcript: '', fromVideo: false } },
    ]);
    expect(text).toContain('JPEG, 1200 × 900 pixels, 340 KB');
    expect(text).toContain('1:14 minutes long, 340 KB');
  });

  it('repeats what was written, and how to switch a model on, in one line', async () => {
    const { text, used } = await ask([], 'Where is my order?');
    expect(text).toContain('I received your message: “Where is my order?”');
    const lines = text.split('\n').filter((line) => line.includes('OPENAI_API_KEY'));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('.env and restart');
    expect(used).toEqual({
      model: 'offline',
      promptTokens: 0,
      cachedTokens: 0,
      completionTokens: 0,
      audioSeconds: 0,
    });
  });

  it('says something even when the only file could not be read, and halves no emoji', async () => {
    const failed = await ask([
      { mimeType: 'application/pdf', reading: { kind: 'failed', problem: 'encrypted' } },
    ]);
    expect(failed.text).toContain('I received your message.');
    const { text } = await ask([], '😀'.repeat(400));
    expect(text.isWellFormed()).toBe(true);
    expect(text.length).toBeLessThan(1_000);
  });
});
