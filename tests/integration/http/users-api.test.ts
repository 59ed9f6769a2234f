import { v7 as uuidv7 } from 'uuid';
import { describe, expect, it } from 'vitest';
import { engines } from '#tests/support/engines.ts';
import { storeUser } from './people-and-messages.ts';
import { type ServerUnderTest, startServer } from './server-under-test.ts';

const call = (server: ServerUnderTest, method: 'GET' | 'POST' | 'PATCH', path: string, payload?: object) =>
  server.app.inject({
    method,
    url: `/api/v1${path}`,
    headers: server.bearer(),
    ...(payload ? { payload } : {}),
  });

describe.each(engines)('on %s', (engine) => {
  describe('the list of people', () => {
    it('shows what is stored, newest first', async () => {
      await using server = await startServer({ engine });
      await storeUser(server, {
        whatsapp_name: 'Ana',
        phone_number: '+15550001111',
        created_at: '2026-11-01T00:00:00.000Z',
      });
      const bo = await storeUser(server, {
        whatsapp_name: 'Bo',
        is_whitelisted: 1,
        created_at: '2026-11-02T00:00:00.000Z',
      });
      const { items, next_cursor } = (await call(server, 'GET', '/users')).json();
      expect(items.map((user: { whatsapp_name: string }) => user.whatsapp_name)).toEqual(['Bo', 'Ana']);
      expect(items[0]).toEqual({
        id: bo,
        phone_number: null,
        whatsapp_name: 'Bo',
        username: null,
        is_whitelisted: true,
        is_active: true,
        access_decided_by: 'settings',
        is_simulated: false,
        created_at: '2026-11-02T00:00:00.000Z',
        updated_at: '2026-11-21T09:00:00.000Z',
        last_seen_at: null,
        opted_out_at: null,
        marketing_opted_out_at: null,
      });
      expect(next_cursor).toBeNull();
    });

    it('turns pages without losing or repeating anybody while new people come', async () => {
      await using server = await startServer({ engine });
      const ids = [];
      // Several share one moment, so that the id has to decide.
      for (let n = 0; n < 7; n++)
        ids.push(await storeUser(server, { created_at: `2026-11-0${1 + Math.floor(n / 3)}T00:00:00.000Z` }));
      const seen: string[] = [];
      let cursor: string | null = '';
      for (let page = 0; cursor !== null && page < 10; page++) {
        const answer = await call(server, 'GET', `/users?limit=2${cursor && `&cursor=${cursor}`}`);
        const body: { items: { id: string }[]; next_cursor: string | null } = answer.json();
        seen.push(...body.items.map((user) => user.id));
        cursor = body.next_cursor;
        if (page === 1) await storeUser(server, { created_at: '2026-11-20T00:00:00.000Z' });
      }
      expect(seen).toEqual(ids.toReversed());
    });

    it('finds parts of names and numbers in any case, and takes % and _ for what they are', async () => {
      await using server = await startServer({ engine });
      await storeUser(server, { whatsapp_name: 'Ana', phone_number: '+15550001111' });
      await storeUser(server, { whatsapp_name: '100%_sure\\', phone_number: '+15550002222' });
      const names = async (q: string) =>
        (await call(server, 'GET', `/users?q=${encodeURIComponent(q)}`))
          .json()
          .items.map((user: { whatsapp_name: string }) => user.whatsapp_name);
      expect(await names('aNA')).toEqual(['Ana']);
      expect(await names('0001')).toEqual(['Ana']);
      expect(await names('0%_')).toEqual(['100%_sure\\']);
      expect(await names('e\\')).toEqual(['100%_sure\\']);
      expect(await names('_na')).toEqual([]);
      expect(await names("'; drop table users; --")).toEqual([]);
    });

    it.each([
      'limit=0',
      'limit=101',
      'limit=ten',
      'limit=1&limit=2',
      'cursor=nonsense',
      'cursor=WyJhIiwiYiJd',
      'pages=2',
      'q=%00',
    ])('refuses ?%s with 400', async (query) => {
      await using server = await startServer({ engine });
      const answer = await call(server, 'GET', `/users?${query}`);
      expect(answer.statusCode).toBe(400);
      expect(answer.json().error).toMatchObject({ code: 'invalid_request', requestId: expect.any(String) });
    });
  });

  describe('a person', () => {
    it('is found by id; nobody else is', async () => {
      await using server = await startServer({ engine });
      const id = await storeUser(server, { whatsapp_name: 'Ana' });
      expect((await call(server, 'GET', `/users/${id}`)).json().whatsapp_name).toBe('Ana');
      for (const unknown of [uuidv7(), 'nobody', '%00', "' or 1=1"]) {
        const answer = await call(server, 'GET', `/users/${encodeURI(unknown)}`);
        expect(answer.statusCode, unknown).toBe(404);
        expect(answer.json().error.code).toBe('not_found');
      }
    });

    it('may use the bot as soon as the owner says so, and the owner keeps the last word', async () => {
      await using server = await startServer({ engine });
      const id = await storeUser(server);
      const answer = await call(server, 'PATCH', `/users/${id}`, { is_whitelisted: true });
      expect(answer.json()).toMatchObject({
        is_whitelisted: true,
        is_active: true,
        access_decided_by: 'owner',
      });
      const row = await server.db
        .selectFrom('users')
        .selectAll()
        .where('id', '=', id)
        .executeTakeFirstOrThrow();
      expect(row).toMatchObject({
        is_whitelisted: 1,
        access_decided_by: 'owner',
        updated_at: '2026-11-21T10:00:00.000Z',
      });
    });

    it('can be blocked without touching the whitelist', async () => {
      await using server = await startServer({ engine });
      const id = await storeUser(server, { is_whitelisted: 1 });
      const answer = await call(server, 'PATCH', `/users/${id}`, { is_active: false });
      expect(answer.json()).toMatchObject({
        is_whitelisted: true,
        is_active: false,
        access_decided_by: 'settings',
      });
    });

    it('is not changed by what makes no sense', async () => {
      await using server = await startServer({ engine });
      const id = await storeUser(server);
      for (const patch of [{}, { is_whitelisted: 'yes' }, { is_admin: true }, { is_whitelisted: null }, []]) {
        expect((await call(server, 'PATCH', `/users/${id}`, patch)).statusCode).toBe(400);
      }
      expect((await call(server, 'PATCH', `/users/${uuidv7()}`, { is_active: true })).statusCode).toBe(404);
      expect((await call(server, 'GET', `/users/${id}`)).json().is_whitelisted).toBe(false);
    });

    it('can be added before writing, under the one spelling of the number', async () => {
      await using server = await startServer({ engine });
      const answer = await call(server, 'POST', '/users', { phone_number: '+55 11 8765-4321' });
      expect(answer.statusCode).toBe(201);
      const user = answer.json();
      expect(user).toMatchObject({
        phone_number: '+5511987654321',
        is_whitelisted: true,
        access_decided_by: 'owner',
      });
      expect(answer.headers.location).toBe(`/api/v1/users/${user.id}`);
      const identities = await server.db.selectFrom('user_identities').selectAll().execute();
      expect(identities).toMatchObject([
        { user_id: user.id, kind: 'phone', scope: '', value: '+5511987654321' },
      ]);

      const again = await call(server, 'POST', '/users', {
        phone_number: 'whatsapp:+5511987654321',
        is_whitelisted: false,
      });
      expect(again.statusCode).toBe(409);
      expect((await call(server, 'GET', '/users')).json().items).toHaveLength(1);
    });

    it('is added once when asked for twice at the same moment', async () => {
      await using server = await startServer({ engine });
      const add = () => call(server, 'POST', '/users', { phone_number: '+491701234567' });
      const codes = (await Promise.all([add(), add(), add()])).map((answer) => answer.statusCode);
      expect(codes.sort()).toEqual([201, 409, 409]);
    });

    it.each(['0170 1234567', '+49', 'call me', '', `+${'1'.repeat(60)}`])(
      'is not added as %j',
      async (phone_number) => {
        await using server = await startServer({ engine });
        const answer = await call(server, 'POST', '/users', { phone_number });
        expect(answer.statusCode).toBe(400);
        expect(answer.json().error.message).toContain('phone_number');
      },
    );
  });
});
