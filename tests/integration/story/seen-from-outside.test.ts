import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { waitFor } from '#tests/support/wait-for.ts';
import { openWorld, type World } from '#tests/support/world.ts';

const token = 'a-token-for-prometheus';
const phone = '+15550007777';
let world: World;

beforeAll(async () => {
  world = await openWorld({ METRICS_TOKEN: token });
});
afterAll(() => world[Symbol.asyncDispose]());

/** The numbers as Prometheus reads them, by name with labels. */
async function scrape(): Promise<{ text: string; value: (series: string) => number | undefined }> {
  const response = await fetch(`${world.product().url}/metrics`, {
    headers: { authorization: `Bearer ${token}` },
  });
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toContain('text/plain');
  const text = await response.text();
  const lines = new Map(
    text
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line): [string, number] => [
        line.slice(0, line.lastIndexOf(' ')),
        Number(line.split(' ').at(-1)),
      ]),
  );
  return { text, value: (series) => lines.get(series) };
}

describe('the numbers', () => {
  it('tell of a turn from the webhook to the delivery, and not of the person', async () => {
    world.openai.answers(() => ({
      text: 'The answer',
      usage: {
        input_tokens: 1000,
        input_tokens_details: { cached_tokens: 400 },
        output_tokens: 200,
        total_tokens: 1200,
      },
    }));
    const ana = world.person(phone);
    expect(await ana.says('What is on today?')).toBe(200);
    expect(await ana.hears()).toBe('The answer');
    const { text, value } = await waitFor('the end of the turn', async () => {
      const page = await scrape();
      return page.value('assistant_turn_duration_seconds_count{outcome="delivered"}') ? page : undefined;
    });

    expect(value('assistant_webhooks_total{status="200"}')).toBe(1);
    expect(value('assistant_webhook_duration_seconds_count')).toBe(1);
    expect(value('assistant_messages_total{channel="twilio",kind="text",outcome="allowed"}')).toBe(1);
    expect(value('assistant_reply_wait_seconds_count')).toBe(1);
    expect(value('assistant_step_duration_seconds_count{step="answer"}')).toBe(1);
    expect(value('assistant_step_duration_seconds_count{step="deliver"}')).toBe(1);
    expect(value('assistant_deliveries_total{channel="twilio",state="sent",code=""}')).toBe(1);
    const replies = 'vendor="openai",operation="reply",outcome="ok"';
    expect(value(`assistant_vendor_call_duration_seconds_count{${replies}}`)).toBe(1);
    const sends = 'vendor="twilio",operation="send",outcome="ok"';
    expect(value(`assistant_vendor_call_duration_seconds_count{${sends}}`)).toBe(1);
    expect(value('assistant_tokens_total{model="gpt-6-luna",kind="prompt"}')).toBe(1000);
    expect(value('assistant_tokens_total{model="gpt-6-luna",kind="cached"}')).toBe(400);
    expect(value('assistant_tokens_total{model="gpt-6-luna",kind="completion"}')).toBe(200);
    const { body } = await world.api('/usage?group_by=');
    const { cost_usd } = body.totals as { cost_usd: number };
    expect(cost_usd).toBeGreaterThan(0);
    expect(value('assistant_cost_usd_total{model="gpt-6-luna"}')).toBeCloseTo(cost_usd, 9);
    expect(value('assistant_database_transaction_seconds_count')).toBeGreaterThan(3);
    expect(value('assistant_database_up')).toBe(1);
    expect(value('assistant_ready')).toBe(1);
    expect(value('process_resident_memory_bytes')).toBeGreaterThan(1e7);

    const users = (await world.api('/users')).body.items as { id: string }[];
    const private_ = [phone, phone.slice(1), 'Ana', ...users.map((user) => user.id)];
    for (const fact of private_) expect(text).not.toContain(fact);
    expect(text).not.toMatch(/[0-9a-f]{8}-[0-9a-f]{4}-|SM[0-9a-f]{32}|\d{9,}"/);
  });

  it('tell of vendors that fail, of repetitions and of webhooks that were refused', async () => {
    world.openai.next({ kind: 'status', status: 500 });
    world.openai.answers(() => 'After all');
    const ben = world.person('+15550007778');
    await ben.says('hello');
    expect(await ben.hears()).toBe('After all');
    const forged = await fetch(`${world.product().url}/webhook`, { method: 'POST', body: 'x' });
    expect(forged.status).toBe(403);
    await waitFor('the counts', async () => {
      const { value } = await scrape();
      const retried = value('assistant_vendor_retries_total{vendor="openai",operation="reply"}');
      return retried === 1 && value('assistant_webhooks_total{status="403"}') === 1;
    });
  });

  it('are for those with a token only', async () => {
    const ask = (authorization?: string) =>
      fetch(`${world.product().url}/metrics`, { headers: authorization ? { authorization } : {} });
    for (const wrong of [undefined, 'Bearer wrong', `Basic ${token}`, `Bearer ${token}x`, 'Bearer ']) {
      const refused = await ask(wrong);
      expect(refused.status, wrong).toBe(401);
      expect(refused.headers.get('content-type')).toContain('application/json');
      expect(await refused.json()).toEqual({
        error: {
          code: 'unauthorized',
          message: expect.stringContaining('token'),
          requestId: expect.any(String),
        },
      });
    }
    expect((await ask(`bearer ${token}`)).status).toBe(200);
  });
});

describe('a process', () => {
  it('says that it lives and is ready, and lists itself', async () => {
    const ask = async (path: string) => {
      const response = await fetch(`${world.product().url}${path}`);
      return [response.status, await response.json()];
    };
    expect(await ask('/health/live')).toEqual([200, { status: 'alive' }]);
    expect(await ask('/health/ready')).toEqual([200, { status: 'ready', reasons: [] }]);
    const { status, body } = await world.api('/workers');
    expect(status).toBe(200);
    expect(body).toMatchObject({ engine: 'sqlite', role: 'all', failures: [], is_cut: false });
    expect(body.processes).toMatchObject([{ id: body.process_id, role: 'all', is_lost: false }]);
  });
});

describe('a process whose database file is taken away', () => {
  it('is not ready until the file is back', async () => {
    const ready = async () => {
      const response = await fetch(`${world.product().url}/health/ready`);
      return { status: response.status, body: await response.json() };
    };
    const file = join(world.product().folder, 'bot.db');
    await rename(file, `${file}.away`);
    const red = await waitFor('not ready', async () => {
      const answer = await ready();
      return answer.status === 503 && answer;
    });
    expect(red.body).toEqual({ status: 'not_ready', reasons: ['database_not_in_place'] });
    expect((await scrape()).value('assistant_ready')).toBe(0);
    await rename(`${file}.away`, file);
    await waitFor('ready again', async () => (await ready()).status === 200);
  });
});

describe('two processes on Postgres', () => {
  it('know of each other, and count each for itself', async () => {
    await using two = await openWorld(
      { METRICS_TOKEN: token },
      { postgresUrl: inject('postgresUrl'), processes: 2 },
    );
    const listed = () => two.api('/workers').then(({ body }) => body as { processes: object[] });
    const body = await waitFor('both', async () => {
      const all = await listed();
      return all.processes.length === 2 && all;
    });
    expect(body).toMatchObject({ engine: 'postgres', waiting: 0, failures: [] });
    await two.person(phone).says('hello');
    const webhooks = await Promise.all(
      two.living().map(async ({ url }) => {
        const page = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${token}` } });
        return /^assistant_webhooks_total\{status="200"\} (\d+)$/m.exec(await page.text())?.[1];
      }),
    );
    expect(webhooks).toEqual(['1', '0']);
    expect(await two.end(1, 'SIGTERM')).toBe(0);
    await waitFor('the other to be gone', async () => (await listed()).processes.length === 1);
  });
});
