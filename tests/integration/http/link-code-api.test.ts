import { v7 as uuidv7 } from 'uuid';
import { describe, expect, it } from 'vitest';
import { engines } from '#tests/support/engines.ts';
import { storeUser } from './people-and-messages.ts';
import { startServer } from './server-under-test.ts';

describe.each(engines)('POST /api/v1/users/{id}/link-code on %s', (engine) => {
  it('issues a code to whoever has a token', async () => {
    await using server = await startServer({ engine });
    const ana = await storeUser(server, { username: 'ana.pm' });
    const post = (id: string, headers = server.bearer()) =>
      server.app.inject({ method: 'POST', url: `/api/v1/users/${id}/link-code`, headers });
    const issued = await post(ana);
    expect(issued.statusCode).toBe(201);
    expect(issued.headers['cache-control']).toBe('no-store');
    expect(issued.json()).toEqual({
      code: expect.stringMatching(/^[2-9A-HJKMNP-Z]{8}$/),
      expires_at: expect.stringMatching(/Z$/),
    });
    expect((await post(ana, {} as ReturnType<typeof server.bearer>)).statusCode).toBe(401);
    expect((await post(uuidv7())).statusCode).toBe(404);
    expect((await post('x')).statusCode).toBe(404);
  });

  it('goes, like all that is asked about an id, to whoever it turned out to be', async () => {
    await using server = await startServer({ engine });
    const ana = await storeUser(server, { username: 'ana.pm' });
    const left = await storeUser(server, { merged_into: ana, erased_at: '2026-11-02T00:00:00.000Z' });
    const call = (method: 'GET' | 'POST' | 'DELETE', path: string, payload?: object) =>
      server.app.inject({
        method,
        url: `/api/v1/users/${left}${path}`,
        headers: server.bearer(),
        ...(payload && { payload }),
      });
    expect((await call('GET', '')).json().id).toBe(ana);
    expect((await call('POST', '/link-code')).statusCode).toBe(201);
    const codes = await server.db.selectFrom('link_codes').select('user_id').execute();
    expect(codes).toEqual([{ user_id: ana }]);
    expect((await call('POST', '/consents', { action: 'revoked' })).json()).toEqual({
      id: ana,
      opted_out_at: expect.any(String),
    });
    expect((await call('GET', '/consents')).json().items).toHaveLength(1);
    expect((await call('DELETE', '')).statusCode).toBe(202);
    const jobs = await server.db.selectFrom('jobs').select('payload').execute();
    expect(jobs).toEqual([{ payload: JSON.stringify({ userId: ana }) }]);
    await server.db.updateTable('users').set({ erased_at: '2026-11-03T00:00:00.000Z' }).execute();
    expect((await call('GET', '')).statusCode).toBe(404);
  });

  it('comes with usernames in the list, which can be searched', async () => {
    await using server = await startServer({ engine });
    await storeUser(server, { username: 'ana.pm' });
    await storeUser(server, { username: 'bo' });
    const list = await server.app.inject({ url: '/api/v1/users?q=ANA.p', headers: server.bearer() });
    expect(list.json().items.map((user: { username: string }) => user.username)).toEqual(['ana.pm']);
  });
});
