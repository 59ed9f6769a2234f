import { v7 as uuidv7 } from 'uuid';
import { describe, expect, it } from 'vitest';
import { engines } from '#tests/support/engines.ts';
import { storeConversation, storeMessage, storeUsage, storeUser } from './people-and-messages.ts';
import { type ServerUnderTest, startServer } from './server-under-test.ts';

const get = (server: ServerUnderTest, path: string) =>
  server.app.inject({ url: `/api/v1${path}`, headers: server.bearer() });
const contents = async (server: ServerUnderTest, query: string) =>
  (await get(server, `/messages?${query}`))
    .json()
    .items.map((message: { content: string }) => message.content);

describe.each(engines)('on %s', (engine) => {
  describe('conversations', () => {
    it('are listed by person and found by id', async () => {
      await using server = await startServer({ engine });
      const ana = await storeUser(server);
      const bo = await storeUser(server);
      const lease = await storeConversation(server, { user_id: ana, title: 'The lease' });
      await storeConversation(server, { user_id: bo, title: 'Groceries', is_active: 0 });
      expect((await get(server, '/conversations')).json().items).toHaveLength(2);
      expect((await get(server, `/conversations?user_id=${ana}`)).json().items).toEqual([
        {
          id: lease,
          user_id: ana,
          title: 'The lease',
          is_active: true,
          created_at: '2026-11-21T09:00:00.000Z',
          updated_at: '2026-11-21T09:00:00.000Z',
        },
      ]);
      expect((await get(server, `/conversations/${lease}`)).json().title).toBe('The lease');
      expect((await get(server, `/conversations/${uuidv7()}`)).statusCode).toBe(404);
      expect((await get(server, '/conversations?user_id=ana')).statusCode).toBe(400);
    });
  });

  describe('messages', () => {
    it('are filtered by person, conversation, type, direction and date, together', async () => {
      await using server = await startServer({ engine });
      const ana = await storeUser(server);
      const bo = await storeUser(server);
      const chat = await storeConversation(server, { user_id: ana });
      await storeMessage(server, { user_id: ana, content: 'one', created_at: '2026-11-01T00:00:00.000Z' });
      await storeMessage(server, {
        user_id: ana,
        content: 'two',
        created_at: '2026-11-02T23:59:59.999Z',
        message_type: 'pdf',
        conversation_id: chat,
      });
      await storeMessage(server, {
        user_id: ana,
        content: 'three',
        created_at: '2026-11-03T00:00:00.000Z',
        direction: 'outbound',
      });
      await storeMessage(server, {
        user_id: bo,
        content: 'four',
        created_at: '2026-11-04T12:00:00.000Z',
        message_type: 'pdf',
      });
      expect(await contents(server, '')).toEqual(['four', 'three', 'two', 'one']);
      expect(await contents(server, `user_id=${ana}`)).toEqual(['three', 'two', 'one']);
      expect(await contents(server, `conversation_id=${chat}`)).toEqual(['two']);
      expect(await contents(server, 'type=pdf')).toEqual(['four', 'two']);
      expect(await contents(server, 'direction=outbound')).toEqual(['three']);
      expect(await contents(server, 'since=2026-11-02&until=2026-11-02')).toEqual(['two']);
      expect(await contents(server, 'since=2026-11-04T14:00:00%2B02:00')).toEqual(['four']);
      expect(await contents(server, 'until=2026-11-01T00:00:00Z')).toEqual(['one']);
      expect(await contents(server, `user_id=${ana}&type=pdf&since=2026-11-03`)).toEqual([]);
    });

    it('come in pages that stay put while people write', async () => {
      await using server = await startServer({ engine });
      const user_id = await storeUser(server);
      for (const content of ['a', 'b', 'c', 'd']) await storeMessage(server, { user_id, content });
      const first = (await get(server, '/messages?limit=3')).json();
      await storeMessage(server, { user_id, content: 'new', created_at: '2026-11-21T09:30:00.000Z' });
      const second = (await get(server, `/messages?limit=3&cursor=${first.next_cursor}`)).json();
      expect(first.items.map((item: { content: string }) => item.content)).toEqual(['d', 'c', 'b']);
      expect(second.items.map((item: { content: string }) => item.content)).toEqual(['a']);
      expect(second.next_cursor).toBeNull();
    });

    it.each([
      'type=gif',
      'direction=up',
      'since=yesterday',
      'since=2026-02-30',
      'until=2026-11-21T10:00',
      'user_id=1',
      'since=9999-12-31T23:59:59-10:00',
    ])('refuse ?%s with 400', async (query) => {
      await using server = await startServer({ engine });
      expect((await get(server, `/messages?${query}`)).statusCode).toBe(400);
    });

    it('tell what they cost, and one by one what was in their files and how they were sent', async () => {
      await using server = await startServer({ engine });
      const user_id = await storeUser(server);
      const attachment = uuidv7();
      const id = await storeMessage(server, {
        user_id,
        message_type: 'pdf',
        content: 'what is this? {"a":1}',
        details: '{"forwarded":true}',
        media: JSON.stringify([{ attachmentId: attachment, type: 'application/pdf', fileName: 'lease.pdf' }]),
        provider_id: 'SM1',
        verdict: 'allowed',
        ai_response: 'A lease.',
        ai_model_used: 'gpt-6-luna',
        prompt_tokens: 1000,
        completion_tokens: 200,
        total_tokens: 1200,
        cached_tokens: 500,
        cost_micros: 4_200,
        is_processed: 1,
      });
      const at = '2026-11-21T09:00:00.000Z';
      await server.db
        .insertInto('attachments')
        .values({
          id: attachment,
          message_id: id,
          user_id,
          conversation_id: null,
          position: 0,
          ref: 'https://api.twilio.com/secret-link',
          declared_type: 'application/pdf',
          file_name: 'lease.pdf',
          state: 'read',
          path: 'u/lease.pdf',
          bytes: 48_213,
          sniffed_type: 'application/pdf',
          sniffed_kind: 'pdf',
          mislabelled: 0,
          reading: '{}',
          extracted_text: 'Lease agreement',
          transcript: null,
          language: null,
          problem: null,
          read_ms: 180,
          created_at: at,
          updated_at: at,
        })
        .execute();
      for (const position of [1, 0]) {
        await server.db
          .insertInto('outbound_parts')
          .values({
            id: uuidv7(),
            message_id: id,
            user_id,
            turn_id: null,
            channel: 'twilio',
            position,
            to_address: 'whatsapp:+15550001111',
            from_address: 'whatsapp:+14155238886',
            text: `part ${position}`,
            state: 'sent',
            provider_id: `SM${position}`,
            error_code: null,
            attempts: 1,
            first_tried_at: at,
            sent_at: at,
            created_at: at,
          })
          .execute();
      }
      const listed = (await get(server, '/messages')).json().items[0];
      expect(listed).toMatchObject({
        cost_usd: 0.0042,
        is_processed: true,
        details: { forwarded: true },
        content: 'what is this? {"a":1}',
        media: [{ attachment_id: attachment, type: 'application/pdf', file_name: 'lease.pdf' }],
      });
      expect(listed).not.toHaveProperty('attachments');
      const answer = await get(server, `/messages/${id}`);
      expect(answer.json().attachments).toMatchObject([
        { id: attachment, extracted_text: 'Lease agreement', mislabelled: false },
      ]);
      expect(answer.json().outbound_parts.map((part: { text: string }) => part.text)).toEqual([
        'part 0',
        'part 1',
      ]);
      expect(answer.body).not.toContain('secret-link');
      expect((await get(server, `/messages/${uuidv7()}`)).statusCode).toBe(404);
    });
  });

  describe('usage', () => {
    async function serverWithUsage() {
      const server = await startServer({ engine });
      const ana = await storeUser(server);
      const bo = await storeUser(server);
      await storeUsage(server, {
        user_id: ana,
        prompt_tokens: 100,
        completion_tokens: 20,
        total_tokens: 120,
        cost_micros: 1_500,
      });
      await storeUsage(server, {
        user_id: ana,
        prompt_tokens: 50,
        cached_tokens: 10,
        total_tokens: 50,
        cost_micros: 500,
      });
      await storeUsage(server, {
        user_id: ana,
        model: 'gpt-transcribe',
        kind: 'transcription',
        audio_seconds: 40.1,
        cost_micros: 4_000,
      });
      await storeUsage(server, { user_id: bo, audio_seconds: 0.2, cost_micros: 9, day: '2026-11-20' });
      await storeUsage(server, { user_id: bo, cost_micros: 1_000_000, day: '2026-09-01' });
      return { server, ana, bo };
    }

    it('is added up by day, person and model over the last 30 days', async () => {
      const { server, ana, bo } = await serverWithUsage();
      await using _ = server;
      const body = (await get(server, '/usage')).json();
      expect(body).toMatchObject({ from: '2026-10-23', to: '2026-11-21', is_cut: false });
      expect(body.items).toEqual([
        expect.objectContaining({
          day: '2026-11-21',
          user_id: ana,
          model: 'gpt-transcribe',
          calls: 1,
          audio_seconds: 40.1,
          cost_usd: 0.004,
        }),
        expect.objectContaining({
          day: '2026-11-21',
          user_id: ana,
          model: 'gpt-6-luna',
          calls: 2,
          prompt_tokens: 150,
          cached_tokens: 10,
          completion_tokens: 20,
          total_tokens: 170,
          cost_usd: 0.002,
        }),
        expect.objectContaining({ day: '2026-11-20', user_id: bo, model: 'gpt-6-luna', calls: 1 }),
      ]);
      expect(body.totals).toEqual({
        calls: 4,
        prompt_tokens: 150,
        cached_tokens: 10,
        completion_tokens: 20,
        total_tokens: 170,
        audio_seconds: 40.3,
        cost_usd: 0.006009,
      });
    });

    it('is grouped and limited as asked', async () => {
      const { server, ana, bo } = await serverWithUsage();
      await using _ = server;
      const lines = async (query: string) => (await get(server, `/usage?${query}`)).json();
      const byUser = await lines('group_by=user&from=2026-01-01');
      expect(byUser.items).toMatchObject([
        { user_id: bo, day: null, model: null, cost_usd: 1.000009 },
        { user_id: ana, day: null, model: null, cost_usd: 0.006 },
      ]);
      expect(await lines('group_by=')).toMatchObject({ items: [], totals: { calls: 4 } });
      expect((await lines(`user_id=${bo}&group_by=model&to=2026-11-20`)).items).toMatchObject([
        { model: 'gpt-6-luna', calls: 1 },
      ]);
      expect(await lines('from=2020-01-01&to=2020-01-02')).toMatchObject({
        items: [],
        totals: { calls: 0, cost_usd: 0 },
      });
    });

    it.each(['group_by=hour', 'from=2026-11-22&to=2026-11-21', 'from=2020-01-01', 'from=soon', 'user_id=x'])(
      'refuses ?%s with 400',
      async (query) => {
        await using server = await startServer({ engine });
        expect((await get(server, `/usage?${query}`)).statusCode).toBe(400);
      },
    );
  });
});
