import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ChatStack, openChatStack } from './chat-stack.ts';

const formType = { 'content-type': 'application/x-www-form-urlencoded' };

describe('sign-in', () => {
  let stack: ChatStack;
  beforeAll(async () => {
    stack = await openChatStack({ APP_NAME: 'Bot <b>&', ADMIN_PASSWORD: 'correct horse' });
  });
  afterAll(() => stack[Symbol.asyncDispose]());

  const signIn = (password: string, remoteAddress = '127.0.0.1') =>
    stack.server.inject({
      method: 'POST',
      url: '/sign-in',
      headers: formType,
      payload: `password=${password}`,
      remoteAddress,
    });

  it('lets the printed link in once and takes the token out of the address', async () => {
    const path = stack.signInPath();
    const first = await stack.server.inject({ url: path });
    expect(first.statusCode).toBe(303);
    expect(first.headers.location).toBe('/simulator');
    expect(first.cookies[0]).toMatchObject({ httpOnly: true, sameSite: 'Strict', path: '/' });

    const second = await stack.server.inject({ url: path });
    expect(second.statusCode).toBe(401);
    expect(second.body).toContain('Each link works once');
    expect(second.cookies).toEqual([]);
  });

  it('moves on by itself when the link was opened from another site', async () => {
    const answer = await stack.server.inject({
      url: stack.signInPath(),
      headers: { 'sec-fetch-site': 'cross-site' },
    });
    expect(answer.statusCode).toBe(200);
    expect(answer.body).toContain('http-equiv="refresh" content="0; url=/simulator"');
    expect(answer.cookies).toHaveLength(1);
  });

  it('does not complain about a used link to somebody who is signed in', async () => {
    const path = stack.signInPath();
    await stack.server.inject({ url: path });
    const cookie = await stack.signIn();
    const again = await stack.server.inject({ url: path, headers: { cookie } });
    expect(again.statusCode).toBe(303);
  });

  it.each([
    ['GET', '/simulator'],
    ['GET', '/simulator/people'],
    ['GET', '/simulator/thread?person=%2B15550100'],
    ['GET', '/simulator/messages/0190f3a0-0000-7000-8000-000000000000'],
    ['GET', '/simulator/media/0190f3a0-0000-7000-8000-000000000000'],
    ['GET', '/simulator/events?person=%2B15550100'],
    ['POST', '/simulator/messages'],
    ['POST', '/sign-out'],
  ] as const)('%s %s needs a session', async (method, url) => {
    const answer = await stack.server.inject({ method, url });
    expect(answer.statusCode).toBe(401);
  });

  it('sends a browser without a session to the sign-in page', async () => {
    const answer = await stack.server.inject({ url: '/simulator', headers: { accept: 'text/html' } });
    expect(answer.headers.location).toBe('/sign-in');
    const page = await stack.server.inject({ url: '/sign-in' });
    expect(page.headers['content-type']).toContain('text/html');
    expect(page.body).toContain('Bot &lt;b&gt;&amp;');
    expect(page.body).toContain('type="password"');
  });

  it('keeps scripts and styles out of its own markup, as the policy demands', async () => {
    const cookie = await stack.signIn();
    for (const url of ['/sign-in', '/simulator']) {
      const { body } = await stack.server.inject({ url, headers: url === '/simulator' ? { cookie } : {} });
      expect(body).not.toMatch(/<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=/);
    }
  });

  it('signs in with the password, and out again', async () => {
    const wrong = await signIn('guess');
    expect(wrong.statusCode).toBe(401);
    expect(wrong.body).toContain('not the password');

    const right = await signIn('correct+horse');
    expect(right.statusCode).toBe(303);
    const cookie = `${right.cookies[0]?.name}=${right.cookies[0]?.value}`;
    expect((await stack.server.inject({ url: '/simulator', headers: { cookie } })).statusCode).toBe(200);

    const foreign = await stack.server.inject({
      method: 'POST',
      url: '/sign-out',
      headers: { cookie, origin: 'https://elsewhere.example' },
    });
    expect(foreign.statusCode).toBe(403);
    const out = await stack.server.inject({
      method: 'POST',
      url: '/sign-out',
      headers: { ...formType, cookie, host: 'localhost:8000', origin: 'http://localhost:8000' },
    });
    expect(out.headers.location).toBe('/sign-in');
    expect((await stack.server.inject({ url: '/simulator', headers: { cookie } })).statusCode).toBe(401);
  });

  it('stops listening after many wrong passwords', async () => {
    const tries = await Promise.all(Array.from({ length: 20 }, () => signIn('guess', '198.51.100.7')));
    const refused = tries.filter((answer) => answer.statusCode === 429);
    expect(refused.length).toBeGreaterThan(10);
    expect(Number(refused[0]?.headers['retry-after'])).toBeGreaterThan(0);
    expect(refused[0]?.body).toContain('Too many wrong tries');
  });
});

describe('sign-in without a password', () => {
  it('offers to print a new link in the terminal, not too often', async () => {
    await using stack = await openChatStack();
    const page = await stack.server.inject({ url: '/sign-in' });
    expect(page.body).not.toContain('type="password"');
    expect(page.body).toContain('prints an address in the terminal');

    const answers = [];
    for (let count = 0; count < 4; count++) {
      answers.push(await stack.server.inject({ method: 'POST', url: '/sign-in/link' }));
    }
    expect(answers.map((answer) => answer.statusCode)).toEqual([200, 200, 200, 429]);
    expect(answers[0]?.body).not.toContain('token=');
    const link = await stack.server.inject({ url: stack.printedLinks[2] ?? '' });
    expect(link.statusCode).toBe(303);
  });
});
