import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTwilioChannel } from '#src/adapters/channels/twilio/channel.ts';
import type { Choice } from '#src/domain/outbound.ts';
import type { Channel, OutboundPart } from '#src/ports/channel.ts';
import { exchange } from '#tests/support/exchange.ts';
import { createQuietLog } from '#tests/support/quiet-log.ts';
import { choicesContent } from '#tests/support/twilio-content.ts';
import { openTwilioStandIn, type TwilioStandIn } from '#tests/support/twilio-stand-in.ts';
import { newSid } from '#tests/support/twilio-webhook.ts';

const account = { accountSid: newSid('AC'), authToken: 'f00d'.repeat(8) };
const options = { signal: new AbortController().signal };
const [two, three] = [`HX${'2'.repeat(32)}`, `HX${'3'.repeat(32)}`];
const [yes, no, later]: Choice[] = ['Yes', 'No', 'Later'].map((title) => ({ id: `/${title}`, title })) as [
  Choice,
  Choice,
  Choice,
];

describe('choices over Twilio', () => {
  let twilio: TwilioStandIn;
  let channel: Channel;
  beforeEach(async () => {
    twilio = await openTwilioStandIn(account);
    for (const buttons of [2, 3] as const)
      twilio.addContent(choicesContent(buttons === 2 ? two : three, buttons));
    channel = openWith([two, three]);
  });
  afterEach(() => twilio[Symbol.asyncDispose]());

  const openWith = (choiceTemplates?: string[]) =>
    createTwilioChannel({
      ...account,
      number: '+14155238886',
      choiceTemplates,
      baseUrl: twilio.url,
      extraOrigins: [],
      exchange,
      fetchFile: () => Promise.reject(new Error('no file is fetched here')),
      log: createQuietLog(),
    });
  const part = (choices: (Choice | undefined)[], text = 'Shall I?'): OutboundPart => ({
    id: 'p1',
    to: 'whatsapp:+15550001111',
    from: 'whatsapp:+14155238886',
    text,
    choices: choices.filter((choice) => choice !== undefined),
    firstTriedAt: new Date(),
  });
  const valuesOf = (index: number) => JSON.parse(twilio.sent[index]?.contentVariables ?? '{}') as unknown;

  it('are buttons of the template with as many of them', async () => {
    await channel.send(part([yes, no]), options);
    await channel.send(part([yes, no, later]), options);
    expect(twilio.sent.map(({ contentSid, body }) => [contentSid, body])).toEqual([
      [two, ''],
      [three, ''],
    ]);
    expect(valuesOf(0)).toEqual({ 1: 'Shall I?', 2: 'Yes', 3: '/Yes', 4: 'No', 5: '/No' });
    expect(valuesOf(1)).toEqual({
      1: 'Shall I?',
      2: 'Yes',
      3: '/Yes',
      4: 'No',
      5: '/No',
      6: 'Later',
      7: '/Later',
    });
    expect(twilio.problems).toEqual([]);
  });

  it('have their paragraphs on one line, and titles that fit', async () => {
    const long = { id: 'long', title: 'A title far longer than a button' };
    await channel.send(part([long, no], "It's all of it.\n\n\nNobody\tcan     bring it back. \n"), options);
    expect(valuesOf(0)).toMatchObject({
      1: "It's all of it. Nobody can bring it back.",
      2: 'A title far longer…',
    });
    expect(twilio.problems).toEqual([]);
  });

  it.each<[string, (Choice | undefined)[], string?]>([
    ['one choice', [yes]],
    ['four choices', [yes, no, later, { id: 'd', title: 'Never' }]],
    ['a list in the text', [yes, no], 'One of\n- a\n- b'],
    ['a text too long for a body', [yes, no], 'x'.repeat(1025)],
    ['ids that are the same', [yes, yes]],
    ['an id too long', [yes, { id: 'x'.repeat(201), title: 'No' }]],
  ])('are numbers with %s', async (_what, choices, text = 'Shall I?') => {
    await channel.send(part(choices, text), options);
    expect(twilio.sent[0]?.contentSid).toBeUndefined();
    expect(twilio.sent[0]?.body.startsWith(`${text}\n\n1. Yes`)).toBe(true);
    expect(twilio.problems).toEqual([]);
  });

  it('are numbers without a template, and with one for other choices', async () => {
    await openWith().send(part([yes, no]), options);
    await openWith([two]).send(part([yes, no, later]), options);
    expect(twilio.sent.map(({ body }) => body)).toEqual([
      'Shall I?\n\n1. Yes\n2. No',
      'Shall I?\n\n1. Yes\n2. No\n3. Later',
    ]);
  });

  it.each([21655, 21656, 92007])('are numbers when Twilio refuses the template with %i', async (code) => {
    twilio.nextSends([{ status: 400, code }]);
    const { providerId } = await channel.send(part([yes, no]), options);
    expect(twilio.sent).toMatchObject([{ sid: providerId, body: 'Shall I?\n\n1. Yes\n2. No' }]);
  });

  it('are sent once when anything else goes wrong', async () => {
    twilio.nextSends([{ status: 400, code: 63016 }]);
    await expect(channel.send(part([yes, no]), options)).rejects.toMatchObject({ reason: 'window' });
    twilio.nextSends(['drop-after']);
    const uncertain = part([yes, no], 'All of it.\n\nShall I?');
    await expect(channel.send(uncertain, options)).rejects.toMatchObject({ uncertain: true });
    expect(twilio.attempts).toBe(2);
    expect(await channel.findSent?.(uncertain, options)).toEqual({ providerId: twilio.sent[0]?.sid });
    expect(await channel.findSent?.(part([yes, no], 'Something else'), options)).toBeNull();
  });
});
