import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { newSid } from '#tests/support/twilio-webhook.ts';
import { waitFor } from '#tests/support/wait-for.ts';
import { openWorld, type World } from '#tests/support/world.ts';

let world: World;
let publicUrl: string;
beforeAll(async () => {
  const port = await freePort();
  publicUrl = `http://127.0.0.1:${port}`;
  world = await openWorld({
    PORT: String(port),
    PUBLIC_URL: publicUrl,
    WHITELISTED_USERS: '+15550004001,+15550004002,+15550004003,+15550004004',
    MEDIA_RETENTION_DAYS: '12',
  });
});
afterEach(() => {
  expect(world.twilio.problems).toEqual([]);
  expect(world.openai.problems).toEqual([]);
});
afterAll(() => world[Symbol.asyncDispose]());

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const usersWith = async (q: string) =>
  (await world.api(`/users?q=${encodeURIComponent(q)}`)).body.items as { id: string }[];
const filesIn = async (folder: string) => {
  const entries = await readdir(join(world.product().folder, folder), {
    recursive: true,
    withFileTypes: true,
  });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
};

it('/privacy says what is stored, for how long and who sees it', async () => {
  const ana = world.person('+15550004001');
  await ana.says('/privacy');
  const text = await ana.hears();
  expect(text).toContain('after 12 days');
  expect(text).toContain('Twilio');
  expect(text).toContain(new URL(world.openai.url).host);
  expect(text).toMatch(/\/export[\s\S]*\/forget[\s\S]*STOP/);
});

describe('/export', () => {
  it('gives a link to everything that is stored', async () => {
    const ana = world.person('+15550004001');
    await ana.sends(
      { bytes: new TextEncoder().encode('the secret of the cello'), type: 'text/plain' },
      'read this',
    );
    await waitFor('the answer', () => ana.heard.length === 2);
    await ana.says('/export');
    await waitFor('the link', () => ana.heard.length === 3);
    const link = ana.heard[2]?.split('\n').at(-1) ?? '';
    expect(link.startsWith(`${publicUrl}/export/`)).toBe(true);

    const response = await fetch(link);
    expect(response.status).toBe(200);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.get('content-disposition')).toContain('attachment');
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    const data = (await response.json()) as Record<string, unknown>;
    expect(data.person).toMatchObject({ phone_number: '+15550004001', whatsapp_name: 'Ana' });
    expect(data.identities).toHaveLength(2);
    expect(data.conversations).toHaveLength(1);
    expect((data.usage as unknown[]).length).toBeGreaterThan(0);
    const messages = data.messages as { from: string; text: string; files?: object[] }[];
    expect(messages.map(({ from, text }) => `${from}: ${text}`).slice(0, 4)).toMatchObject([
      'you: /privacy',
      expect.stringContaining('assistant: *Your data*'),
      'you: read this',
      expect.stringContaining('assistant: Understood.'),
    ]);
    expect(messages[2]?.files).toHaveLength(1);
    expect(JSON.stringify(messages[2]?.files)).toContain('the secret of the cello');
    expect(JSON.stringify(data)).not.toContain('"path"');
    expect(await filesIn('exports')).toHaveLength(1);
  });

  it('gives links that cannot be changed, and one at a time', async () => {
    const ana = world.person('+15550004001');
    const old = ana.heard.at(-1)?.split('\n').at(-1) ?? '';
    const [user, id, end, signature] = old.split('/').at(-1)?.split('.') ?? [];
    const forged = [
      `${user}.${id}.${Number(end) + 3600}.${signature}`,
      `${user}.${newSid('SM')}.${end}.${signature}`,
      `${user}.${id}.${end}.${signature?.slice(0, -4)}AAAA`,
      `${user}.${id}.${end}.`,
      `${user}.${id}.${end}`,
      `..%2f..%2fbot.db.1.${end}.${signature}`,
      'x',
    ];
    for (const token of forged) {
      const response = await fetch(`${publicUrl}/export/${token}`);
      expect([token, response.status]).toEqual([token, 404]);
      expect(response.headers.get('cache-control')).toBe('no-store');
    }
    const heard = ana.heard.length;
    await ana.says('/export');
    await waitFor('the next link', () => ana.heard.length > heard);
    expect((await fetch(old)).status).toBe(404);
    expect((await fetch(ana.heard.at(-1)?.split('\n').at(-1) ?? '')).status).toBe(200);
    expect(await filesIn('exports')).toHaveLength(1);
  });
});

describe('/forget', () => {
  it('asks first', async () => {
    const ben = world.person('+15550004002');
    await ben.says('/forget yes');
    expect(await ben.hears()).toContain('send */forget* first');
    await ben.says('/forget');
    expect(await ben.hears()).toContain('*/forget yes*');
    expect(await usersWith('15550004002')).toHaveLength(1);
  });

  it('erases here and at Twilio, and whoever writes again is a stranger', async () => {
    const ben = world.person('+15550004002');
    const MessageSid = newSid('SM');
    const hello = { MessageSid, SmsMessageSid: MessageSid, SmsSid: MessageSid };
    await ben.says('hello', hello);
    await waitFor('the answer', () => ben.heard.length === 3);
    await ben.sends({ bytes: new TextEncoder().encode('a file of Ben'), type: 'text/plain' });
    await waitFor('the answer', () => ben.heard.length === 4);
    const [before] = await usersWith('15550004002');
    expect((await filesIn('media')).filter((path) => path.includes(before?.id ?? ''))).toHaveLength(1);
    // Somebody is down for a moment.
    world.twilio.nextDeletes([503, 409]);

    await ben.says('/Forget  YES');
    await waitFor('the goodbye', () => ben.heard.length === 5);
    expect(ben.heard.at(-1)).toContain('Goodbye');
    await waitFor('the end', async () => (await usersWith('15550004002')).length === 0);
    expect((await world.api(`/users/${before?.id}`)).status).toBe(404);
    expect((await world.api(`/users/${before?.id}/consents`)).status).toBe(404);
    // The name goes at once, the rest in pieces, files last.
    const own = join(world.product().folder, 'media', before?.id ?? '');
    await waitFor('the last file', () => !existsSync(own));
    expect((await world.api(`/messages?user_id=${before?.id}`)).body.items).toEqual([]);
    const usage = await world.api(`/usage?user_id=${before?.id}`);
    expect((usage.body.totals as { calls: number }).calls).toBe(2);

    // A webhook that comes again brings nobody back.
    await ben.says('hello', hello);
    await ben.says('hello once more');
    await waitFor('the answer', () => ben.heard.length === 6);
    const [after] = await usersWith('15550004002');
    expect(after?.id).not.toBe(before?.id);
    const anew = await world.api(`/messages?user_id=${after?.id}&direction=inbound`);
    expect((anew.body.items as { content: string }[]).map(({ content }) => content)).toEqual([
      'hello once more',
    ]);

    await waitFor(
      'the deletions',
      () => world.twilio.deleted.filter((id) => id.includes('/Media/')).length === 1,
      40_000,
    );
    // Four of Ben's before, the file, `/forget yes`, and five answers.
    await waitFor('all deletions', () => world.twilio.deleted.length === 1 + 5 + 5, 40_000);
    expect(world.twilio.deleted).toContain(MessageSid);
    const { body: work } = await world.api('/workers');
    expect(work.failures).toEqual([]);
  }, 150_000);

  it('is for strangers as well, but not for whoever the owner has shut out', async () => {
    const stranger = world.person('+15550009101');
    await stranger.says('/privacy');
    expect(await stranger.hears()).toContain('*Your data*');
    await stranger.says('/forget');
    expect(await stranger.hears()).toContain('*/forget yes*');
    await stranger.says('/forget');
    await stranger.says('/forget yes');
    expect(await stranger.hears()).toContain('not on its list');
    expect(await stranger.hears()).toContain('Goodbye');
    await waitFor('the end', async () => (await usersWith('15550009101')).length === 0);

    const barred = world.person('+15550004003');
    await barred.says('hello');
    expect(await barred.hears()).toBe('Understood.');
    const [user] = await usersWith('15550004003');
    await world.api(`/users/${user?.id}`, { method: 'PATCH', body: { is_active: false } });
    await barred.says('/forget');
    expect(await barred.hears()).toContain('switched off');
  });
});

describe('the owner', () => {
  it('can have somebody erased, after the answer that is under way', async () => {
    const dora = world.person('+15550004004');
    const calls = world.openai.calls.length;
    world.openai.next({ kind: 'slow', ms: 800 });
    await dora.says('a long question');
    await world.openai.called(calls + 1);
    const [user] = await usersWith('15550004004');
    const erase = () => world.api(`/users/${user?.id}`, { method: 'DELETE' });
    expect((await erase()).status).toBe(202);
    expect(await dora.hears()).toBe('Understood.');
    await waitFor('the end', async () => (await usersWith('15550004004')).length === 0);
    expect((await erase()).status).toBe(404);
    expect((await world.api('/workers')).body.failures).toEqual([]);
  });
});
