import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Person } from '#tests/support/person.ts';
import { signedWebhook, statusCallback } from '#tests/support/twilio-webhook.ts';
import { waitFor } from '#tests/support/wait-for.ts';
import { openWorld, type World } from '#tests/support/world.ts';

interface Part {
  readonly state: string;
  readonly error_code: string | null;
  readonly error_reason: string | null;
  readonly retry_at: string | null;
  readonly delivered_at: string | null;
  readonly read_at: string | null;
}

let world: World;
let number = 0;
const somebody = () => {
  number += 1;
  return world.person(`+1555700${String(number).padStart(4, '0')}`);
};

beforeAll(async () => {
  world = await openWorld({ REPLY_DELAY_MS: '30' });
  world.openai.answers(({ text }) => `You wrote: ${text.split('\n\n').at(-1)}`);
});
afterEach(() => {
  expect(world.twilio.problems).toEqual([]);
  expect(world.openai.problems).toEqual([]);
});
afterAll(() => world[Symbol.asyncDispose]());

/** Has Twilio report what became of the latest message to somebody. */
async function twilioReports(person: Person, status: string, errorCode?: number): Promise<void> {
  const url = `${world.product().url}/webhook/status`;
  const sid = world.twilio.sent.findLast(({ to }) => to === `whatsapp:${person.phone}`)?.sid ?? '';
  const params = statusCallback({ sid, status, to: person.phone, ...(errorCode && { errorCode }) });
  const { headers, body } = signedWebhook({ authToken: world.twilio.authToken, url, params });
  const response = await fetch(url, { method: 'POST', headers, body });
  expect(response.status).toBe(204);
}

/** What the owner sees of the latest answer to somebody. */
async function seenOf(person: Person): Promise<{ part: Part; problem: string | null }> {
  const { body: users } = await world.api(`/users?q=${encodeURIComponent(person.phone)}`);
  const [user] = users.items as { id: string }[];
  const { body } = await world.api(`/messages?direction=outbound&user_id=${user?.id}&limit=1`);
  const [message] = body.items as { outbound_parts: Part[]; error_message: string | null }[];
  const part = message?.outbound_parts[0];
  if (!message || !part) throw new Error('nothing was sent');
  return { part, problem: message.error_message };
}

/** The stand-in has a message a moment before that is stored. */
function isSent(person: Person): Promise<unknown> {
  return waitFor('the part to be sent', async () => (await seenOf(person)).part.state === 'sent');
}

describe('an answer on its way', () => {
  it('is sent, on the phone and read, and the owner sees when', async () => {
    const ana = somebody();
    await ana.says('hello');
    await ana.hears();
    await isSent(ana);
    await twilioReports(ana, 'delivered');
    await twilioReports(ana, 'read');
    await twilioReports(ana, 'sent');
    const { part, problem } = await seenOf(ana);
    expect(part).toMatchObject({ state: 'read', error_code: null, error_reason: null });
    expect(Date.parse(part.read_at ?? '')).toBeGreaterThanOrEqual(Date.parse(part.delivered_at ?? ''));
    expect(problem).toBeNull();
  });

  it('that WhatsApp does not deliver is shown with the reason, in plain words', async () => {
    const ana = somebody();
    await ana.says('hello');
    await ana.hears();
    await isSent(ana);
    await twilioReports(ana, 'undelivered', 63003);
    const { part, problem } = await seenOf(ana);
    expect(part).toMatchObject({
      state: 'failed',
      error_code: '63003',
      error_reason: 'the person is not on WhatsApp',
    });
    expect(problem).toBe('not delivered: the person is not on WhatsApp (63003)');
    await ana.says('and the next one?');
    expect(await ana.hears()).toBe('You wrote: and the next one?');
  });

  it('that fails in passing is sent again a little later, before what was said since', async () => {
    const ana = somebody();
    await ana.says('hello');
    await ana.hears();
    await isSent(ana);
    await twilioReports(ana, 'failed', 63023);
    await twilioReports(ana, 'failed', 63023);
    expect((await seenOf(ana)).part).toMatchObject({ state: 'queued', error_code: '63023' });
    await ana.says('are you there?');
    expect(await ana.hears()).toBe('You wrote: hello');
    expect(await ana.hears()).toBe('You wrote: are you there?');
    expect(ana.heard).toHaveLength(3);
  });
});

describe('a channel whose number is no sender any more', () => {
  it('stops; the owner is told on /health, and what is to be said is said once it works again', async () => {
    const [ana, ben] = [somebody(), somebody()];
    world.twilio.sendsFail(() => ({ status: 400, code: 63007 }));
    await ana.says('hello');
    await waitFor('the channel to stop', async () => {
      const health = (await (await fetch(`${world.product().url}/health`)).json()) as {
        status: string;
        channels: Record<string, unknown>[];
      };
      if (health.status !== 'degraded') return undefined;
      expect(health.channels).toMatchObject([
        { name: 'simulator', state: 'working', reason: null },
        {
          name: 'twilio',
          state: 'stopped',
          code: '63007',
          reason: 'our number is no WhatsApp sender of this account',
        },
      ]);
      return health;
    });
    const attempts = world.twilio.attempts;
    await ben.says('me too');
    await waitFor('the answer to wait', async () => (await seenOf(ana)).part.state === 'queued');
    expect(world.twilio.attempts).toBe(attempts);
    world.twilio.sendsFail(() => 'ok');
    // With other settings it is tried at once.
    await world.restart('SIGTERM', { TWILIO_WHATSAPP_NUMBER: '+14155238887' });
    expect(await ana.hears()).toBe('You wrote: hello');
    expect(await ben.hears()).toBe('You wrote: me too');
  });
});
