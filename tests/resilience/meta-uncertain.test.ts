import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type MetaStandIn, openMetaStandIn } from '#tests/support/meta-stand-in.ts';
import { type MetaPerson, metaBody, metaText } from '#tests/support/meta-webhook.ts';
import { metaSettings } from '#tests/support/vendor-settings.ts';
import { waitFor } from '#tests/support/wait-for.ts';
import { openWorld, type World } from '#tests/support/world.ts';

/* Meta takes messages and never says so; it cannot be asked, it only reports. With the product's own patience of half a minute. */

let meta: MetaStandIn;
let world: World;

beforeAll(async () => {
  meta = await openMetaStandIn();
  world = await openWorld({
    ...metaSettings(meta),
    REPLY_DELAY_MS: '30',
  });
  world.openai.answers(({ text }) => `You wrote: ${text.split('\n\n').at(-1)}`);
  const tries = new Map<string, number>();
  meta.sendsFail((address) => {
    tries.set(address, (tries.get(address) ?? 0) + 1);
    return tries.get(address) === 1 && address.startsWith('1555330') ? 'drop-after' : 'ok';
  });
});
afterAll(async () => {
  expect(meta.problems).toEqual([]);
  expect(world.openai.problems).toEqual([]);
  await world[Symbol.asyncDispose]();
  await meta[Symbol.asyncDispose]();
});

const somebody = (phone: string): MetaPerson => ({ phone, bsuid: `US.9${phone}`, name: 'Ana' });
const webhook = () => `${world.product().url}/webhook/meta`;
const heardBy = ({ phone }: MetaPerson) => meta.sent.filter(({ to }) => to === phone);
const wordsTo = (person: MetaPerson) => heardBy(person).map(({ text }) => text.replace('You wrote: ', ''));

async function says(person: MetaPerson, body: string): Promise<void> {
  const content = metaBody({ messages: [metaText({ from: person, body })] });
  const response = await meta.post(webhook(), content);
  expect(response.status).toBe(200);
}

describe.concurrent('Meta takes a message and does not say so', () => {
  it('and reports it: it is not sent twice', async () => {
    const person = somebody('15553300101');
    await says(person, 'hello');
    const [taken] = await waitFor('the message', () => heardBy(person).length === 1 && heardBy(person));
    if (!taken) throw new Error('nothing was taken');
    await meta.report(webhook(), [meta.statusOf(taken, 'delivered'), meta.statusOf(taken, 'sent')]);
    await says(person, 'and the next one?');
    await waitFor('the next answer', () => heardBy(person).length > 1, 60_000);
    expect(wordsTo(person)).toEqual(['hello', 'and the next one?']);
  });

  it('and reports nothing: it is sent again after half a minute, before what comes next', async () => {
    const person = somebody('15553300102');
    await says(person, 'hello');
    await waitFor('the message', () => heardBy(person).length === 1);
    const startedAt = Date.now();
    await says(person, 'and the next one?');
    await waitFor('both answers', () => heardBy(person).length > 2, 60_000);
    expect(wordsTo(person)).toEqual(['hello', 'hello', 'and the next one?']);
    expect(Date.now() - startedAt).toBeGreaterThan(25_000);
  });
});

describe('the token expires', () => {
  it('what was to be said is said over Twilio to who wrote there within a day, and noted; the others wait', async () => {
    const [both, one] = [somebody('15553400001'), somebody('15553400002')];
    const overTwilio = world.person(`+${both.phone}`);
    await overTwilio.says('hello', { ExternalUserId: `whatsapp:${both.bsuid}` });
    expect(await overTwilio.hears()).toBe('You wrote: hello');
    meta.expireToken();
    await says(both, 'are you there?');
    expect(await overTwilio.hears()).toBe('You wrote: are you there?');
    await says(one, 'and for me?');
    const { body } = await world.api('/messages?direction=outbound&limit=5');
    const parts = (body.items as { outbound_parts: object[] }[]).flatMap((item) => item.outbound_parts);
    expect(parts).toContainEqual(expect.objectContaining({ channel: 'twilio', rerouted_from: 'meta' }));
    const health = (await (await fetch(`${world.product().url}/health`)).json()) as object;
    expect(health).toMatchObject({ status: 'degraded' });
    meta.expireToken(false);
    await waitFor('the answer', () => heardBy(one).length > 0, 60_000);
    expect(wordsTo(one)).toEqual(['and for me?']);
    expect(heardBy(both)).toEqual([]);
  });
});
