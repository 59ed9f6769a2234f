import { describe, expect, it } from 'vitest';
import { createAccess } from '#src/http/open-access.ts';
import { createPasswordTries } from '#src/http/plugins/password-tries.ts';
import { password, type ServerUnderTest, startServer } from './server-under-test.ts';

const signIn = (server: ServerUnderTest, given: string, headers: Record<string, string> = {}) =>
  server.app.inject({ method: 'POST', url: '/api/v1/auth/token', payload: { password: given }, headers });

/** A page behind sign-in and the two ends of a session, as the chat page uses them. */
const pages = (access: () => ServerUnderTest['access']) => async (app: import('fastify').FastifyInstance) => {
  app.get(
    '/page',
    { onRequest: (request, reply) => access().requireSession(request, reply) },
    async () => 'in',
  );
  app.post(
    '/act',
    { onRequest: (request, reply) => access().requireSession(request, reply) },
    async () => 'done',
  );
  app.get('/in', async (_request, reply) => {
    access().startSession(reply);
    return 'hello';
  });
  app.get('/out', async (_request, reply) => {
    access().endSession(reply);
    return 'bye';
  });
};

async function startWithPages(env: Record<string, string> = {}) {
  let server: ServerUnderTest | undefined;
  const started = await startServer({
    env,
    deps: {
      pages: pages(() => {
        if (!server) throw new Error('not started');
        return server.access;
      }),
    },
  });
  server = started;
  return started;
}

describe('the token of the API', () => {
  it('is given for the password and opens the API for 12 hours', async () => {
    await using server = await startServer();
    const answer = await signIn(server, password);
    expect(answer.statusCode).toBe(200);
    expect(answer.headers['cache-control']).toBe('no-store');
    const { accessToken, tokenType, expiresIn } = answer.json();
    expect({ tokenType, expiresIn }).toEqual({ tokenType: 'Bearer', expiresIn: 43_200 });
    const users = () =>
      server.app.inject({ url: '/api/v1/users', headers: { authorization: `Bearer ${accessToken}` } });
    expect((await users()).statusCode).toBe(200);
    server.clock.time = new Date('2026-11-21T21:59:59.000Z');
    expect((await users()).statusCode).toBe(200);
    server.clock.time = new Date('2026-11-21T22:00:01.000Z');
    expect((await users()).statusCode).toBe(401);
  });

  it.each([
    ['GET', '/api/v1/users'],
    ['POST', '/api/v1/users'],
    ['GET', '/api/v1/users/x'],
    ['PATCH', '/api/v1/users/x'],
    ['GET', '/api/v1/conversations'],
    ['GET', '/api/v1/conversations/x'],
    ['GET', '/api/v1/messages'],
    ['GET', '/api/v1/messages/x'],
    ['GET', '/api/v1/usage'],
  ] as const)('is needed for %s %s', async (method, url) => {
    await using server = await startServer();
    const good = server.bearer().authorization;
    const forged = `${good.slice(0, -4)}AAAA`;
    const none = `Bearer ${Buffer.from('{"alg":"none"}').toString('base64url')}.${good.split('.')[1]}.`;
    for (const authorization of [
      '',
      'Bearer',
      'Bearer x',
      'Bearer a.b.c',
      'Basic b3duZXI6eA==',
      forged,
      none,
    ]) {
      const answer = await server.app.inject({ method, url, headers: { authorization } });
      expect(answer.statusCode, authorization).toBe(401);
      expect(answer.headers['www-authenticate']).toMatch(/^Bearer/);
      expect(answer.json().error.code).toBe('unauthorized');
    }
  });

  it('of another installation or password opens nothing', async () => {
    await using server = await startServer();
    await using changed = await startServer({ env: { ADMIN_PASSWORD: 'another password' } });
    expect((await changed.app.inject({ url: '/api/v1/users', headers: server.bearer() })).statusCode).toBe(
      401,
    );
  });

  it('is refused after five wrong passwords, and right ones do not count', async () => {
    await using server = await startServer();
    for (let n = 0; n < 8; n++) expect((await signIn(server, password)).statusCode).toBe(200);
    for (let n = 0; n < 5; n++) expect((await signIn(server, 'wrong')).statusCode).toBe(401);
    const limited = await signIn(server, password);
    expect(limited.statusCode).toBe(429);
    expect(Number(limited.headers['retry-after'])).toBeGreaterThan(0);
    expect(limited.json().error.code).toBe('too_many_requests');
    expect(server.logText()).not.toContain('wrong');
  });

  it('counts wrong passwords that are sent at the same moment', async () => {
    await using server = await startServer();
    const codes = (await Promise.all(Array.from({ length: 20 }, () => signIn(server, 'wrong')))).map(
      (a) => a.statusCode,
    );
    expect(codes.filter((code) => code === 401)).toHaveLength(5);
    expect(codes.filter((code) => code === 429)).toHaveLength(15);
  });

  it('cannot be had by pretending to come from elsewhere', async () => {
    await using server = await startServer();
    for (let n = 0; n < 5; n++) await signIn(server, 'wrong', { 'x-forwarded-for': `10.0.0.${n}` });
    expect((await signIn(server, 'wrong', { 'x-forwarded-for': '10.0.0.9' })).statusCode).toBe(429);
  });

  it('says what to do when there is no password', async () => {
    await using server = await startServer({ env: { ADMIN_PASSWORD: '' } });
    const answer = await signIn(server, '');
    expect(answer.statusCode).toBe(400);
    const explained = await signIn(server, 'anything');
    expect(explained.statusCode).toBe(409);
    expect(explained.json().error.message).toContain('ADMIN_PASSWORD');
  });

  it.each([
    '{',
    '[]',
    '{"password":1}',
    '{"password":"x","admin":true}',
    '{"__proto__":{"password":"x"}}',
    '',
  ])('is not given for %s', async (payload) => {
    await using server = await startServer();
    const headers = { 'content-type': 'application/json' };
    const answer = await server.app.inject({ method: 'POST', url: '/api/v1/auth/token', payload, headers });
    expect(answer.statusCode).toBe(400);
    expect(answer.json().error).toMatchObject({ code: expect.any(String), message: expect.any(String) });
  });
});

describe('wrong passwords', () => {
  it('count for the whole household of an IPv6 address, and for everybody together', async () => {
    const tries = createPasswordTries({ perAddress: 2, overall: 4 });
    const limited = expect.objectContaining({ statusCode: 429 });
    await tries.take('2001:db8:1:2::1');
    await tries.take('2001:db8:1:2:ffff::9');
    await expect(tries.take('2001:db8:1:2:aaaa::1')).rejects.toEqual(limited);
    await tries.take('::ffff:192.0.2.1');
    const giveBack = await tries.take('192.0.2.1');
    await expect(tries.take('192.0.2.1')).rejects.toEqual(limited);
    await expect(tries.take('198.51.100.7')).rejects.toEqual(limited);
    await giveBack();
    await tries.take('198.51.100.8');
  });
});

describe('the session of a browser', () => {
  const cookieOf = (answer: { cookies: { name: string; value: string }[] }) =>
    answer.cookies.map(({ name, value }) => `${name}=${value}`).join('; ');

  it('lasts seven days, is out of reach for scripts and other sites, and ends for good', async () => {
    await using server = await startWithPages({ PUBLIC_URL: 'https://bot.example.com' });
    const answer = await server.app.inject('/in');
    expect(answer.cookies[0]).toMatchObject({
      path: '/',
      httpOnly: true,
      sameSite: 'Strict',
      secure: true,
      maxAge: 604_800,
    });
    const cookie = cookieOf(answer);
    const page = () => server.app.inject({ url: '/page', headers: { cookie } });
    expect((await page()).body).toBe('in');
    server.clock.time = new Date('2026-11-28T09:59:59.000Z');
    expect((await page()).statusCode).toBe(200);
    await server.app.inject({ url: '/out', headers: { cookie } });
    expect((await page()).statusCode).toBe(401);
  });

  it('expires', async () => {
    await using server = await startWithPages();
    const answer = await server.app.inject('/in');
    expect(answer.cookies[0]?.secure).toBeUndefined();
    server.clock.time = new Date('2026-11-28T10:00:01.000Z');
    expect(
      (await server.app.inject({ url: '/page', headers: { cookie: cookieOf(answer) } })).statusCode,
    ).toBe(401);
  });

  it('and the token of the API cannot stand in for one another', async () => {
    await using server = await startWithPages();
    const [cookie] = (await server.app.inject('/in')).cookies;
    const asBearer = { authorization: `Bearer ${cookie?.value}` };
    expect((await server.app.inject({ url: '/api/v1/users', headers: asBearer })).statusCode).toBe(401);
    const asCookie = { cookie: `${cookie?.name}=${server.access.issueApiToken().token}` };
    expect((await server.app.inject({ url: '/page', headers: asCookie })).statusCode).toBe(401);
  });

  it('sends a browser to the sign-in page and tells a script 401', async () => {
    await using server = await startWithPages();
    const browser = await server.app.inject({ url: '/page', headers: { accept: 'text/html,*/*' } });
    expect([browser.statusCode, browser.headers.location]).toEqual([302, '/sign-in']);
    const script = await server.app.inject({ url: '/page', headers: { accept: '*/*' } });
    expect([script.statusCode, script.json().error.code]).toEqual([401, 'unauthorized']);
  });

  it('only acts for our own pages', async () => {
    await using server = await startWithPages({ PUBLIC_URL: 'https://bot.example.com' });
    const cookie = cookieOf(await server.app.inject('/in'));
    const act = async (headers: Record<string, string>) =>
      (
        await server.app.inject({
          method: 'POST',
          url: '/act',
          headers: { cookie, host: 'localhost:8000', ...headers },
        })
      ).statusCode;
    expect(await act({ origin: 'https://bot.example.com' })).toBe(200);
    expect(await act({ origin: 'http://localhost:8000' })).toBe(200);
    expect(await act({ origin: 'http://localhost:9000' })).toBe(403);
    expect(await act({ origin: 'https://evil.example' })).toBe(403);
    expect(await act({ origin: 'null' })).toBe(403);
    expect(await act({})).toBe(403);
  });
});

describe('a sign-in link', () => {
  const clock = { time: new Date('2026-11-21T10:00:00.000Z'), now: () => clock.time };
  const access = createAccess({
    secretKey: 's'.repeat(32),
    adminPassword: undefined,
    publicUrl: undefined,
    clock,
    passwordTries: createPasswordTries(),
  });

  it('works once, within a day', () => {
    const token = access.issueLinkToken();
    expect(token).toMatch(/^[\w-]{43}$/);
    expect(access.redeemLinkToken('x')).toBe(false);
    expect(access.redeemLinkToken(token)).toBe(true);
    expect(access.redeemLinkToken(token)).toBe(false);
    const late = access.issueLinkToken();
    clock.time = new Date('2026-11-22T10:00:00.000Z');
    expect(access.redeemLinkToken(late)).toBe(false);
  });

  it('is the only way in while no password is set', () => {
    expect(access.hasPassword).toBe(false);
    expect(access.passwordMatches('')).toBe(false);
    expect(access.passwordMatches('undefined')).toBe(false);
  });
});
