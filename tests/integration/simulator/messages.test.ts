import { randomUUID } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ChatThread, Inspection } from '#src/ports/chat-view.ts';
import { engines } from '#tests/support/engines.ts';
import { waitFor } from '#tests/support/wait-for.ts';
import { type ChatStack, openChatStack } from './chat-stack.ts';

const ana = '+15550100';
const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

describe.each(engines)('writing as a test person on %s', (engine) => {
  let stack: ChatStack;
  let cookie: string;
  let url: string;
  beforeAll(async () => {
    stack = await openChatStack({ MAX_MEDIA_MB: '1' }, engine);
    cookie = await stack.signIn();
    url = await stack.server.listen({ host: '127.0.0.1', port: 0 });
  });
  afterAll(() => stack[Symbol.asyncDispose]());

  const send = async (fields: Record<string, string>, files: File[] = [], headers = {}) => {
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.set(name, value);
    for (const file of files) form.append('files', file);
    return fetch(`${url}/simulator/messages`, {
      method: 'POST',
      body: form,
      headers: { cookie, origin: url, ...headers },
    });
  };
  const get = (path: string, headers = {}) => fetch(`${url}${path}`, { headers: { cookie, ...headers } });
  const thread = async (person = ana) =>
    (await (await get(`/simulator/thread?${new URLSearchParams({ person })}`)).json()) as ChatThread;

  it('takes a text through the same entrance as a webhook', async () => {
    const clientId = randomUUID();
    const answer = await send({ person: ana, clientId, text: 'Good *morning*' });
    expect(answer.status).toBe(202);
    expect(stack.accepted.at(-1)).toEqual({
      channel: 'simulator',
      providerId: `sim-in-${clientId}-0`,
      sender: [{ kind: 'phone', scope: 'simulator', value: ana }],
      replyAddress: `simulator:${ana}`,
      ownAddress: 'simulator:bot',
      profileName: 'Ana',
      quotedProviderId: undefined,
      type: 'text',
      text: 'Good *morning*',
      attachments: [],
    });
    expect((await thread()).bubbles.at(-1)).toMatchObject({ side: 'person', tick: 'stored', files: [] });
  });

  it('takes a tapped choice as a button with what it stands for', async () => {
    const clientId = randomUUID();
    const fields = { person: ana, clientId, text: 'A copy first', quoted: 'sim-out-1', choice: '/export' };
    expect((await send(fields)).status).toBe(202);
    expect(stack.accepted.at(-1)).toMatchObject({
      type: 'button',
      text: 'A copy first',
      button: { text: 'A copy first', payload: '/export' },
      quotedProviderId: 'sim-out-1',
    });
    expect((await send({ ...fields, choice: 'x'.repeat(201) })).status).toBe(400);
  });

  it('takes the same sending twice as one message', async () => {
    const clientId = randomUUID();
    await send({ person: ana, clientId, text: 'Once' });
    await send({ person: ana, clientId, text: 'Once' });
    const once = (await thread()).bubbles.filter((bubble) => bubble.text === 'Once');
    expect(once).toHaveLength(1);
  });

  it('makes one message of each file, the caption with the first', async () => {
    const files = [
      new File([png], '../../photo\u0007.png', { type: 'image/png' }),
      new File(['%PDF-1.4'], 'offer.pdf', { type: 'application/pdf' }),
      new File(['OggS'], 'voice-note.ogg', { type: 'audio/ogg; codecs=opus' }),
    ];
    const clientId = randomUUID();
    await send({ person: ana, clientId, text: 'Please read', quoted: 'sim-out-1' }, files);
    const album = stack.accepted.slice(-3);
    expect(album.map((message) => [message.type, message.text, message.quotedProviderId])).toEqual([
      ['image', 'Please read', 'sim-out-1'],
      ['pdf', '', undefined],
      ['voice', '', undefined],
    ]);
    expect(album.map((message) => message.attachments[0])).toMatchObject([
      { declaredType: 'image/png', fileName: 'photo.png' },
      { declaredType: 'application/pdf', fileName: 'offer.pdf' },
      { declaredType: 'audio/ogg', fileName: 'voice-note.ogg' },
    ]);
  });

  it('shows a photo in the page and hands out everything else as a download', async () => {
    const html = new File(['<script>alert(1)</script>'], 'page „1“.html', { type: 'text/html' });
    await send({ person: ana, clientId: randomUUID() }, [
      new File([png], 'photo.png', { type: 'image/png' }),
      html,
    ]);
    const [photo, page] = (await thread()).bubbles.slice(-2).map((bubble) => bubble.files[0]);
    const shown = await get(`/simulator/media/${photo?.id}`);
    expect(shown.headers.get('content-type')).toBe('image/png');
    expect(shown.headers.get('content-disposition')).toBe(
      `inline; filename="photo.png"; filename*=UTF-8''photo.png`,
    );
    expect(Buffer.from(await shown.arrayBuffer())).toEqual(png);
    const offered = await get(`/simulator/media/${page?.id}`);
    expect(offered.headers.get('content-type')).toBe('application/octet-stream');
    expect(offered.headers.get('content-disposition')).toMatch(/^attachment; .*%E2%80%9E1/);
    for (const answer of [shown, offered]) {
      expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
      expect(answer.headers.get('content-security-policy')).toContain('sandbox');
    }
    const part = await get(`/simulator/media/${photo?.id}`, { range: 'bytes=0-3' });
    expect([part.status, part.headers.get('content-range')]).toEqual([206, `bytes 0-3/${png.length}`]);
  });

  it('refuses a file over the limit, says so, and keeps nothing of it', async () => {
    const before = await readdir(stack.spool);
    const big = new File([Buffer.alloc(1024 * 1024 + 1)], 'film.mp4', { type: 'video/mp4' });
    const answer = await send({ person: ana, clientId: randomUUID(), text: 'Look' }, [
      new File([png], 'photo.png', { type: 'image/png' }),
      big,
    ]);
    expect(answer.status).toBe(413);
    expect(await answer.json()).toMatchObject({
      error: { message: 'film.mp4 is too large: the limit is 1 MB.' },
    });
    expect(await readdir(stack.spool)).toEqual(before);
  });

  it.each([
    ['somebody who is no test person', { person: '+4917012345678', clientId: randomUUID(), text: 'Hi' }],
    ['an id of another shape', { person: ana, clientId: '../1', text: 'Hi' }],
    ['nothing at all', { person: ana, clientId: randomUUID(), text: '  ' }],
    ['a text no WhatsApp would take', { person: ana, clientId: randomUUID(), text: 'x'.repeat(4097) }],
    ['a quote of another shape', { person: ana, clientId: randomUUID(), text: 'Hi', quoted: '<b>' }],
  ])('refuses %s', async (_what, fields) => {
    const count = stack.accepted.length;
    expect((await send(fields)).status).toBe(400);
    expect(stack.accepted).toHaveLength(count);
  });

  it('refuses a form from another site', async () => {
    const fields = { person: ana, clientId: randomUUID(), text: 'Hi' };
    expect((await send(fields, [], { origin: 'https://elsewhere.example' })).status).toBe(403);
  });

  it.each([
    'thread?person=%2B1999',
    'messages/1',
    'media/../../etc/passwd',
    `media/${randomUUID()}`,
    `messages/${randomUUID()}`,
  ])('has nothing at %s', async (path) => {
    expect((await get(`/simulator/${path}`)).status).toBe(404);
  });

  it('shows the answer part by part, what it quotes, and what happened', async () => {
    const ben = '+15550101';
    await send({ person: ben, clientId: randomUUID(), text: 'What is in it?' });
    const { userId } = await thread(ben);
    await answerAs(stack, userId ?? '', ['First part', 'Second part']);
    const answered = await thread(ben);
    expect(answered.bubbles.map((bubble) => [bubble.side, bubble.text, bubble.tick])).toEqual([
      ['person', 'What is in it?', 'answered'],
      ['assistant', 'First part', 'sent'],
    ]);
    expect(answered.isWorking).toBe(true);

    const quoted = answered.bubbles[1]?.providerId ?? '';
    await send({ person: ben, clientId: randomUUID(), text: 'More', quoted });
    expect((await thread(ben)).bubbles.at(-1)?.quoted).toEqual({
      side: 'assistant',
      type: 'text',
      text: 'First part',
    });

    const inspection = (await (
      await get(`/simulator/messages/${answered.bubbles[0]?.messageId}`)
    ).json()) as Inspection;
    expect(inspection).toMatchObject({
      verdict: 'allowed',
      turn: { state: 'answered', model: 'gpt-test', joinedMessages: 1, steps: [{ step: 'answer', ms: 12 }] },
      usage: [{ kind: 'reply', promptTokens: 100, cachedTokens: 40, completionTokens: 7, costMicros: 55 }],
      parts: [
        { text: 'First part', state: 'sent' },
        { text: 'Second part', state: 'queued' },
      ],
    });
  });

  it('pages back through a long chat', async () => {
    const chen = '+15550102';
    for (let count = 1; count <= 65; count++) {
      await send({ person: chen, clientId: randomUUID(), text: `Message ${count}` });
    }
    const newest = await thread(chen);
    expect(newest.bubbles).toHaveLength(60);
    const query = new URLSearchParams({ person: chen, before: newest.olderCursor ?? '' });
    const older = (await (await get(`/simulator/thread?${query}`)).json()) as ChatThread;
    expect(older.bubbles.map((bubble) => bubble.text)).toEqual(
      [1, 2, 3, 4, 5].map((count) => `Message ${count}`),
    );
    expect(older.olderCursor).toBeNull();
  });

  it('tells an open page what changed, who types, and ends when the server closes', async () => {
    const answer = await get(`/simulator/events?${new URLSearchParams({ person: ana })}`);
    expect(answer.headers.get('content-type')).toContain('text/event-stream');
    let heard = '';
    const reading = (async () => {
      for await (const chunk of answer.body ?? []) heard += Buffer.from(chunk).toString();
    })();
    await waitFor('the first event', () => heard.includes('event: changed'));
    heard = '';
    await send({ person: ana, clientId: randomUUID(), text: 'Are you there?' });
    await waitFor('a change', () => heard.includes('event: changed'));
    const signal = new AbortController().signal;
    await stack.channel.showTyping({ providerId: 'x', to: 'simulator:+15550101' }, { signal });
    await stack.channel.showTyping({ providerId: 'x', to: `simulator:${ana}` }, { signal });
    await send({ person: '+15550101', clientId: randomUUID(), text: 'Me too' });
    await waitFor('news of somebody else', () => heard.includes('event: people'));
    expect(heard.match(/event: typing/g)).toHaveLength(1);
    await stack.server.close();
    await reading;
  });
});

/** Answers everything a person wrote, and sends the first part only. */
async function answerAs(stack: ChatStack, userId: string, parts: readonly string[]): Promise<void> {
  const { unitOfWork } = stack;
  await unitOfWork.run(async (stores) => {
    const ids = (await stores.inbox.undecided(userId)).map((message) => message.id);
    const conversationId = await stores.conversations.active(userId);
    await stores.turns.open({ userId, conversationId, messageIds: ids });
    const turn = await stores.turns.next(userId);
    if (!turn) throw new Error('no turn was opened');
    await stores.turns.addStep(turn.id, { step: 'answer', ms: 12 });
    await stores.turns.answer(turn, {
      text: parts.join('\n'),
      parts,
      usage: {
        kind: 'reply',
        model: 'gpt-test',
        promptTokens: 100,
        cachedTokens: 40,
        completionTokens: 7,
        audioSeconds: 0,
        costMicros: 55,
      },
    });
    const [first] = await stores.outbox.pending(userId);
    if (first) await stores.outbox.sent(first, 'sim-out-first');
  });
}
