import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { photo } from '#tests/support/image-fixtures.ts';
import type { OpenAiStandIn } from '#tests/support/openai-stand-in.ts';
import { textPdf } from '#tests/support/pdf-fixtures.ts';
import { fixture } from '#tests/support/reading-room.ts';
import type { TwilioStandIn } from '#tests/support/twilio-stand-in.ts';
import { mediaMessage, textMessage, type WebhookParams } from '#tests/support/twilio-webhook.ts';

/** What one message of the crowd is. */
export type MessageKind = 'text' | 'photo' | 'voice' | 'pdf';

/** A message on its way: its word is in it, written, spoken or as a caption, and in no other message. */
export interface CrowdMessage {
  readonly phone: string;
  readonly kind: MessageKind;
  /** `ask-00012` */
  readonly word: string;
  readonly params: WebhookParams;
}

/** Every word of a text, in order. */
export const wordsIn = (text: string): string[] => text.match(/ask-\d{5}/g) ?? [];

/**
 * The words a question to the model is about. The product puts the date between what was said before and what is asked now; where
 * two messages of a person meet in the history they are sent as one.
 */
export const wordsAsked = (question: string): string[] => wordsIn(question.split('Today is ').at(-1) ?? '');

/** Makes messages of all kinds whose files differ from each other, and teaches the model to repeat the words it was asked about. */
export interface MessageMaker {
  make(phone: string, kind: MessageKind): Promise<CrowdMessage>;
  /** What a file becomes in words, which every answer to it was asked with: a part of the description, or the spoken word. */
  traceOf(file: Uint8Array): string;
}

/** Somebody saying something, as an iPhone records it. */
export const recording = readFileSync(fixture('audio/voice.m4a'));

/**
 * Creates a maker.
 * @param deps.latencyMs how long the model takes for each call
 */
export function createMessageMaker(deps: {
  twilio: TwilioStandIn;
  openai: OpenAiStandIn;
  latencyMs: () => number;
}): MessageMaker {
  const { twilio, openai, latencyMs } = deps;
  const spoken = new Map<string, string>();
  let count = 0;

  const traceOf = (file: Uint8Array) => spoken.get(hashOf(file)) ?? hashOf(file).slice(0, 12);
  const think = () => new Promise((resolve) => setTimeout(resolve, latencyMs()));
  openai.answers(async ({ text, images }) => {
    await think();
    const [image] = images;
    if (image) return `A picture of something (${traceOf(image)}).`;
    return `About ${wordsAsked(text).join(' and ')}: understood.`;
  });
  openai.transcribes(async ({ bytes }) => {
    await think();
    return { text: `Please look into ${traceOf(bytes)} for me.`, language: 'en' };
  });

  return {
    traceOf,
    async make(phone, kind) {
      count += 1;
      const word = `ask-${String(count).padStart(5, '0')}`;
      const base = { phone, kind, word };
      if (kind === 'text')
        return { ...base, params: textMessage({ from: phone, body: `What about ${word}?` }) };
      const file = await makeFile(kind, word);
      if (kind === 'voice') spoken.set(hashOf(file.bytes), word);
      const params = mediaMessage({
        from: phone,
        body: kind === 'voice' ? '' : `What is ${word}?`,
        media: [{ url: twilio.addMedia(file.bytes, file.type), contentType: file.type }],
      });
      return { ...base, params };
    },
  };
}

async function makeFile(
  kind: 'photo' | 'voice' | 'pdf',
  word: string,
): Promise<{ bytes: Uint8Array; type: string }> {
  switch (kind) {
    case 'photo':
      // Noise: no two are equal.
      return { bytes: await photo(96, 64).jpeg().toBuffer(), type: 'image/jpeg' };
    case 'voice':
      return { bytes: Buffer.concat([recording, freeBox(word)]), type: 'audio/mp4' };
    case 'pdf':
      return {
        bytes: await textPdf([`Contract number ${word.replace('ask', 'file')}`]),
        type: 'application/pdf',
      };
  }
}

/** A box that every MP4 reader skips: it makes one recording into many different files. */
export function freeBox(content: string): Buffer {
  const box = Buffer.alloc(8 + content.length);
  box.writeUInt32BE(box.length, 0);
  box.write(`free${content}`, 4, 'latin1');
  return box;
}

function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
