import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { choicesContent } from '#tests/support/twilio-content.ts';
import { buttonReply } from '#tests/support/twilio-webhook.ts';
import { waitFor } from '#tests/support/wait-for.ts';
import { openWorld, type World } from '#tests/support/world.ts';

const template = `HX${'2'.repeat(32)}`;

describe.each([
  ['numbers', ''],
  ['buttons', template],
])('choices that Twilio shows as %s', (kind, TWILIO_CHOICES_CONTENT_SID) => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld({ TWILIO_CHOICES_CONTENT_SID });
    world.twilio.addContent(choicesContent(template, 2));
  });
  afterEach(() => {
    expect(world.twilio.problems).toEqual([]);
    expect(world.openai.problems).toEqual([]);
  });
  afterAll(() => world[Symbol.asyncDispose]());

  it('are offered, and what is chosen is done', async () => {
    const ana = world.person('+15550006001');
    await ana.says('/forget');
    const [sent] = await world.twilio.waitForSent(1);
    if (kind === 'numbers') {
      expect(sent?.body).toMatch(/\n\n1\. Erase everything\n2\. A copy first$/);
      await ana.says('2');
    } else {
      expect(sent?.contentSid).toBe(template);
      expect(JSON.parse(sent?.contentVariables ?? '{}')).toMatchObject({
        1: expect.stringContaining('*/forget yes*'),
        2: 'Erase everything',
        3: '/forget yes',
        4: 'A copy first',
        5: '/export',
      });
      const tapped = { text: 'A copy first', payload: '/export', repliedSid: sent?.sid ?? '' };
      await ana.delivers(buttonReply({ from: ana.phone, ...tapped }));
    }
    // Nobody can reach this server from outside, so there is no link.
    await waitFor('the answer', () => ana.heard.length === 2);
    expect(ana.heard.at(-1)).toContain('Please ask the owner for your data');
    expect(world.openai.calls).toEqual([]);
  });

  it('are taken by their number, and erase as the words do', async () => {
    const ben = world.person('+15550006002');
    await ben.says('hello');
    expect(await ben.hears()).toBe('Understood.');
    await ben.says('1');
    expect(await ben.hears()).toBe('Understood.');
    await ben.says('/forget');
    await waitFor('the question', () => ben.heard.length === 3);
    await ben.says('1');
    await waitFor('the goodbye', () => ben.heard.length === 4);
    expect(ben.heard.at(-1)).toContain('Everything of yours is being erased now');
    const isGone = async () =>
      ((await world.api('/users?q=15550006002')).body.items as unknown[]).length === 0;
    await waitFor('the end', isGone);
  });
});
