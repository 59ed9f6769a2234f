import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { photo, pngBomb, sidewaysPhoto } from '#tests/support/image-fixtures.ts';
import { flateBomb, manyPages, scannedPdf, textPdf } from '#tests/support/pdf-fixtures.ts';
import { fixture } from '#tests/support/reading-room.ts';
import { locationMessage, mediaMessage } from '#tests/support/twilio-webhook.ts';
import { openWorld, type World } from '#tests/support/world.ts';

let world: World;
let number = 0;
const somebody = () => {
  number += 1;
  return world.person(`+1555100${String(number).padStart(4, '0')}`);
};
const jpeg = async () => ({ bytes: await photo(800, 600).jpeg().toBuffer(), type: 'image/jpeg' });
const pdf = async (pages: string[]) => ({ bytes: await textPdf(pages), type: 'application/pdf' });
const file = (name: string, type: string) => ({ bytes: readFileSync(fixture(name)), type });

beforeAll(async () => {
  world = await openWorld({ RATE_LIMIT_MESSAGES: '50', MAX_MEDIA_MB: '2', REPLY_DELAY_MS: '300' });
  // The model repeats what it was shown, so that answers prove what reached it.
  world.openai.answers(({ text, images }) =>
    images.length > 0 ? `picture of ${images.length}` : `SHOWN ${text}`,
  );
});
afterEach(() => {
  expect(world.twilio.problems).toEqual([]);
  expect(world.openai.problems).toEqual([]);
  expect(world.twilio.duplicates).toBe(0);
});
afterAll(() => world[Symbol.asyncDispose]());

describe('photos', () => {
  it('are looked at and described', async () => {
    const ana = somebody();
    await ana.sends(await jpeg(), 'What is this?');
    const heard = await ana.hears();
    expect(heard).toContain('What is this?');
    expect(heard).toContain('what it shows: picture of 1');
  });

  it('arrive upright and no larger than the model uses', async () => {
    const ana = somebody();
    await ana.sends({ bytes: await sidewaysPhoto(), type: 'image/jpeg' });
    await ana.hears();
    const look = world.openai.calls.findLast((call) => call.question?.images.length);
    const { default: sharp } = await import('sharp');
    const { width, height, format, orientation } = await sharp(look?.question?.images[0]).metadata();
    expect({ format, orientation }).toEqual({ format: 'jpeg', orientation: undefined });
    expect(Math.max(width, height)).toBeLessThanOrEqual(1536);
  });

  it('of an album that comes as five webhooks get one answer', async () => {
    const ana = somebody();
    const shots = await Promise.all(Array.from({ length: 5 }, () => jpeg()));
    for (const shot of shots) await ana.sends(shot);
    const heard = await ana.hears();
    expect(heard.match(/what it shows/g)).toHaveLength(5);
    expect(ana.heard).toHaveLength(1);
  });

  it('with a command for a caption are photos all the same, and stay with the question about them', async () => {
    const ana = somebody();
    await ana.says('Look at this');
    await ana.sends(await jpeg(), '/new');
    await ana.says('What is on it?');
    const heard = await ana.hears();
    for (const piece of ['Look at this', 'picture of 1', 'What is on it?']) expect(heard).toContain(piece);
  });

  it('with too many pixels are refused honestly, and never decoded', async () => {
    const ana = somebody();
    await ana.sends({ bytes: pngBomb(30_000, 30_000), type: 'image/png' });
    expect(await ana.hears()).toBe(
      'I could not read the photo: the picture has too many pixels. Please send a smaller version.',
    );
  });

  it('that are damaged do not poison what comes later', async () => {
    const ana = somebody();
    const { bytes, type } = await jpeg();
    await ana.sends({ bytes: bytes.subarray(0, 200), type });
    expect(await ana.hears()).toContain('it is damaged or incomplete');
    await ana.says('never mind');
    expect(await ana.hears()).toMatch(/SHOWN[\s\S]*never mind/);
  });
});

describe('voice notes', () => {
  it('are transcribed under a name the API takes', async () => {
    world.openai.transcribes(() => ({ text: 'Please call the plumber', language: 'en' }));
    const ana = somebody();
    await ana.sends(file('audio/voice.ogg', 'audio/ogg; codecs=opus'));
    expect(await ana.hears()).toContain('Please call the plumber');
    const upload = world.openai.calls.findLast((call) => call.sound);
    expect(upload?.sound?.name).toBe('voice.ogg');
    await ana.says('/transcript');
    expect(await ana.hears()).toBe('Please call the plumber');
  });

  it.each([
    ['audio/voice.amr', 'audio/amr'],
    ['audio/voice.mp3', 'audio/mpeg'],
    ['audio/voice.m4a', 'audio/mp4'],
    ['audio/voice.wav', 'audio/wav'],
    ['audio/voice.webm', 'audio/webm'],
    ['audio/video.mp4', 'video/mp4'],
  ])('%s is understood', async (name, type) => {
    world.openai.transcribes(() => ({ text: `heard ${name}`, language: 'en' }));
    const ana = somebody();
    await ana.sends(file(name, type));
    expect(await ana.hears()).toContain(`heard ${name}`);
  });

  it('without a sound are said to be silent, and no model is asked', async () => {
    const calls = world.openai.calls.length;
    const ana = somebody();
    await ana.sends(file('audio/silent.ogg', 'audio/ogg'));
    expect(await ana.hears()).toContain('I could not hear any speech in it');
    expect(world.openai.calls).toHaveLength(calls);
  });

  it('in which the model hears nothing are said to be silent, too', async () => {
    world.openai.transcribes(() => ({ text: '' }));
    const ana = somebody();
    await ana.sends(file('audio/voice.ogg', 'audio/ogg'));
    expect(await ana.hears()).toContain('I could not hear any speech in it');
  });
});

describe('documents', () => {
  it('are read with page numbers and stay answerable', async () => {
    const ana = somebody();
    await ana.sends(await pdf(['The rent is 900 euros.', 'Notice period: three months.']), 'Summarize');
    const heard = await ana.hears();
    expect(heard).toContain('[page 1]');
    expect(heard).toContain('[page 2]');
    await ana.says('And the notice period?');
    expect(await ana.hears()).toContain('Notice period: three months.');
    await ana.says('/files');
    expect(await ana.hears()).toContain('1. the PDF');
  });

  it('that are scanned are recognized page by page', async () => {
    const ana = somebody();
    await ana.sends({
      bytes: await scannedPdf(await photo(600, 800).jpeg().toBuffer(), 3),
      type: 'application/pdf',
    });
    const heard = await ana.hears();
    expect(heard.match(/picture of 1/g)).toHaveLength(3);
    expect(heard).toContain('[page 3]');
  });

  it('with a password get an honest sentence', async () => {
    const ana = somebody();
    await ana.sends(file('pdf/password.pdf', 'application/pdf'));
    expect(await ana.hears()).toBe(
      'I could not read the PDF: it is protected with a password. Please send a copy without the password.',
    );
  });

  it('beyond the page limit say which pages were read', async () => {
    const limited = await openWorld({ MAX_PDF_PAGES: '5' });
    await using _closing = limited;
    const ana = limited.person('+15552000001');
    await ana.sends(await pdf(manyPages(12)));
    expect(await ana.hears()).toMatch(
      /^I read pages 1–5 of 12 of the PDF: that is the most I read at once\./,
    );
  });

  it('that are bombs end their own process, and the next one is read as ever', async () => {
    const ana = somebody();
    await ana.sends({ bytes: flateBomb(), type: 'application/pdf' });
    expect(await ana.hears()).toContain('it takes too long or too much memory to read');
    await ana.sends(await pdf(['All is well.']));
    expect(await ana.hears()).toContain('All is well.');
  });

  it('under a false label are read for what they are', async () => {
    const ana = somebody();
    const { bytes } = await pdf(['I am a PDF.']);
    await ana.sends({ bytes, type: 'image/jpeg' });
    expect(await ana.hears()).toContain('I am a PDF.');
    const { body } = await world.api('/messages?limit=2&type=pdf');
    expect((body.items as object[]).length).toBeGreaterThan(0);
  });

  it('of plain text are documents as well', async () => {
    const ana = somebody();
    await ana.sends({ bytes: Buffer.from('name,amount\nFischer,48.213\n'), type: 'text/csv' });
    expect(await ana.hears()).toContain('Fischer,48.213');
  });

  it('too large for the limit are not fetched to the end', async () => {
    const ana = somebody();
    await ana.sends({ bytes: Buffer.alloc(3 * 1024 * 1024, 1), type: 'application/pdf' });
    expect(await ana.hears()).toBe('I could not read the PDF: it is too large (the limit is 2.0 MB).');
  });

  it('of an unknown kind get one sentence on what can be read', async () => {
    const ana = somebody();
    await ana.sends({ bytes: Buffer.from('PK\u0003\u0004nothing'), type: 'application/zip' });
    expect(await ana.hears()).toContain('I can read text, photos, voice notes, PDFs');
  });

  it('that cannot be read do not hide the question beside them', async () => {
    const ana = somebody();
    await ana.sends(file('pdf/password.pdf', 'application/pdf'), 'What does it say about rent?');
    const heard = await ana.hears();
    expect(heard).toMatch(/^I could not read the PDF: it is protected/);
    expect(heard).toContain('What does it say about rent?');
  });
});

describe('media that is hard to get', () => {
  it('lags behind its webhook and is fetched a moment later', async () => {
    const ana = somebody();
    const { bytes } = await pdf(['Late but here.']);
    const url = world.twilio.addMedia(bytes, 'application/pdf', [404, 404]);
    await ana.delivers(mediaMessage({ from: ana.phone, media: [{ url, contentType: 'application/pdf' }] }));
    expect(await ana.hears()).toContain('Late but here.');
  });

  it('from a stranger host is never asked for', async () => {
    const ana = somebody();
    const media = [{ url: 'https://evil.example/file.pdf', contentType: 'application/pdf' }];
    await ana.delivers(mediaMessage({ from: ana.phone, media }));
    expect(await ana.hears()).toContain('I could not read the PDF');
  });
});

describe('places', () => {
  it('are given to the model in words', async () => {
    const ana = somebody();
    await ana.delivers(
      locationMessage({ from: ana.phone, latitude: 52.52, longitude: 13.405, label: 'Office' }),
    );
    expect(await ana.hears()).toContain('Shared location: Office, latitude 52.52, longitude 13.405');
  });
});
