import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type MetaStandIn, openMetaStandIn } from '#tests/support/meta-stand-in.ts';
import { ana, metaBody, metaText } from '#tests/support/meta-webhook.ts';
import { metaSettings } from '#tests/support/vendor-settings.ts';
import { waitFor } from '#tests/support/wait-for.ts';
import { openWorld, type World } from '#tests/support/world.ts';

let meta: MetaStandIn;
let world: World;

beforeAll(async () => {
  meta = await openMetaStandIn();
  world = await openWorld({ ...metaSettings(meta), REPLY_DELAY_MS: '100' });
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
  await meta[Symbol.asyncDispose]();
});

describe('somebody who writes over Meta while its token has expired, and wrote over Twilio lately', () => {
  it('is answered there, in pieces, with choices and past a file, which follows on Meta', async () => {
    const writes = async (body: string) => {
      const content = metaBody({ messages: [metaText({ from: ana, body })] });
      expect((await meta.post(`${world.product().url}/webhook/meta`, content)).status).toBe(200);
    };
    const onTwilio = world.person(`+${ana.phone}`);
    world.openai.answers(({ text }) => (text.includes('at length') ? 'word '.repeat(500) : 'In short.'));
    await onTwilio.says('Hello');
    expect(await onTwilio.hears()).toBe('In short.');

    meta.expireToken();
    await writes('/export');
    expect(await onTwilio.hears()).toContain('JSON file');
    await writes('Tell me at length');
    const pieces = [await onTwilio.hears(), await onTwilio.hears()];
    expect(pieces.join(' ')).toBe('word '.repeat(500).trim());
    await writes('/forget');
    expect(await onTwilio.hears()).toMatch(/\n1\. .+\n2\. /);
    expect(meta.sent).toEqual([]);

    meta.expireToken(false);
    const [file] = await waitFor('the file', () => meta.sent.length > 0 && meta.sent, 60_000);
    expect(file?.type).toBe('document');
    expect([...meta.problems, ...world.twilio.problems]).toEqual([]);
  }, 90_000);
});
