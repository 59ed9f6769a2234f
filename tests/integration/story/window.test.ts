import { expect, it } from 'vitest';
import { openMetaStandIn } from '#tests/support/meta-stand-in.ts';
import { approvedTemplate } from '#tests/support/meta-templates.ts';
import { ana, metaAccountId, metaBody, metaText } from '#tests/support/meta-webhook.ts';
import { openShiftedWorld } from '#tests/support/shifted-world.ts';
import { approvedContent } from '#tests/support/twilio-content.ts';
import { metaSettings } from '#tests/support/vendor-settings.ts';
import { waitFor } from '#tests/support/wait-for.ts';

/* An answer that could not be sent in time, on both wires. */

const dayMs = 24 * 60 * 60_000;
const contentSid = `HX${'a'.repeat(32)}`;

/** The owner's view of the parts of what went out, newest message first. */
async function outbound(world: {
  api(path: string): Promise<{ body: Record<string, unknown> }>;
}): Promise<{ state: string; error_code: string | null; text: string }[]> {
  const { body } = await world.api('/messages?direction=outbound');
  const items = body.items as {
    outbound_parts: { state: string; error_code: string | null; text: string }[];
  }[];
  return items.flatMap((message) => message.outbound_parts);
}

it('an answer that a day-long outage of Twilio held up waits, is announced, and comes first when the person writes', async () => {
  await using shifted = await openShiftedWorld({ NUDGE_TEMPLATE: contentSid });
  const { world } = shifted;
  world.openai.answers(({ text }) => `Echo ${text.split('\n').at(-1)}`);
  world.twilio.nextSends([503]);
  const person = world.person('+15550001111');
  await person.says('first');
  await waitFor('the attempt', () => world.twilio.attempts === 1);
  await shifted.shift(dayMs + 60 * 60_000);
  await world.twilio.waitForSent(1);
  expect(world.twilio.sent).toMatchObject([{ body: '', contentSid }]);
  const held = (await outbound(world)).find(({ text }) => text === 'Echo first');
  expect(held).toMatchObject({ state: 'held', error_code: 'outside_window' });

  await person.says('second');
  await world.twilio.waitForSent(3);
  expect(world.twilio.sent.slice(1).map(({ body }) => body)).toEqual(['Echo first', 'Echo second']);
  expect(world.twilio.problems).toEqual([]);
});

it('the same over Meta, where nobody can be told without a template', async () => {
  await using meta = await openMetaStandIn();
  meta.addTemplate(approvedTemplate('update_waiting', 'You have an update, reply to read it.'));
  await using shifted = await openShiftedWorld({
    ...metaSettings(meta),
    WHATSAPP_BUSINESS_ACCOUNT_ID: metaAccountId,
    NUDGE_TEMPLATE: 'update_waiting',
  });
  const { world, shift } = shifted;
  // Each start asks for them: by their words a nudge that may be out is found.
  await waitFor('the templates', async () =>
    JSON.stringify((await world.api('/templates')).body).includes('You have an update'),
  );
  let offsetMs = 0;
  const says = async (body: string) => {
    const at = new Date(Date.now() + offsetMs);
    const content = metaBody(
      { messages: [metaText({ from: ana, body, at })] },
      { phoneNumberId: meta.phoneNumberId, display: '15550783881' },
    );
    const response = await meta.post(`${world.product().url}/webhook/meta`, content);
    expect(response.status).toBe(200);
  };
  world.openai.answers(({ text }) => `Echo ${text.split('\n').at(-1)}`);
  meta.nextSends([{ status: 503 }]);
  await says('first');
  await waitFor('the attempt', () => meta.attempts === 1);
  offsetMs = dayMs + 60 * 60_000;
  await shift(offsetMs);
  await meta.waitForSent(1);
  expect(meta.sent[0]).toMatchObject({ type: 'template' });

  await says('second');
  await meta.waitForSent(3);
  expect(meta.sent.slice(1).map(({ text }) => text)).toEqual(['Echo first', 'Echo second']);

  offsetMs = 0;
  await says('from before the window');
  offsetMs = dayMs + 60 * 60_000;
  await says('third');
  await meta.waitForSent(4);
  expect(meta.sent.at(-1)?.text).toBe('Echo third');
  expect(meta.problems).toEqual([]);
});

it("the owner's template reaches a silent person, and their text the one who wrote, behind what waits", async () => {
  await using meta = await openMetaStandIn();
  meta.addTemplate(approvedTemplate('order_ready', 'Hello {{1}}, it is ready.'));
  await using shifted = await openShiftedWorld({
    ...metaSettings(meta),
    WHATSAPP_BUSINESS_ACCOUNT_ID: metaAccountId,
  });
  const { world } = shifted;
  world.twilio.addContent(approvedContent(contentSid, 'Your order {{1}} is here.'));
  expect((await world.api('/templates/sync', { method: 'POST' })).body).toEqual({
    channels: [
      { channel: 'twilio', templates: 1, problem: null },
      { channel: 'meta', templates: 1, problem: null },
    ],
  });
  const post = (body: object) => world.api('/messages', { method: 'POST', body });
  const to = { phone: '+15550003333' };
  const first = await post({ to, template: { name: 'order_ready', values: { '1': 'Ana' } } });
  expect(first.status).toBe(202);
  await meta.waitForSent(1);
  expect(meta.sent[0]?.json.template).toMatchObject({
    name: 'order_ready',
    language: { code: 'en_US' },
    components: [{ type: 'body', parameters: [{ type: 'text', text: 'Ana' }] }],
  });
  await post({ to, template: { name: contentSid, values: { '1': '47' } } });
  await world.twilio.waitForSent(1);
  expect(world.twilio.sent[0]).toMatchObject({ contentSid, contentVariables: '{"1":"47"}', body: '' });

  expect((await post({ to, text: 'hi' })).body).toMatchObject({ error: { code: 'outside_window' } });
  expect((await post({ to, text: 'held', hold: true, channel: 'twilio' })).status).toBe(202);
  await waitFor('the hold', async () => (await outbound(world)).some(({ state }) => state === 'held'));
  const health = (await (await fetch(`${world.product().url}/health`)).json()) as { channels: unknown[] };
  expect(health.channels).toContainEqual(
    expect.objectContaining({
      name: 'twilio',
      alerts: [expect.objectContaining({ code: 'no_nudge_template' })],
    }),
  );

  world.openai.answers(() => 'The answer');
  await world.person(to.phone).says('yes?');
  await world.twilio.waitForSent(3);
  await post({ to, text: 'and this' });
  await world.twilio.waitForSent(4);
  expect(world.twilio.sent.slice(1).map(({ body }) => body)).toEqual(['held', 'The answer', 'and this']);
  expect([meta.problems, world.twilio.problems]).toEqual([[], []]);
});
