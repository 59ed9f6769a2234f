import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type OpenMetrics, openMetrics } from '#src/adapters/metrics/open-metrics.ts';
import { createUnitOfWork } from '#src/adapters/store/unit-of-work.ts';
import { newUuid } from '#src/adapters/system/new-id.ts';
import {
  AppError,
  MediaUnusable,
  ProviderRefused,
  ProviderUnavailable,
  StorageUnavailable,
} from '#src/domain/errors.ts';
import type { Ai, ReplyRequest } from '#src/ports/ai.ts';
import type { Channel, OutboundPart } from '#src/ports/channel.ts';
import type { FileReaders } from '#src/ports/documents.ts';
import type { JobRun } from '#src/ports/jobs.ts';
import type { UnitOfWork } from '#src/ports/stores.ts';
import { engines, openTestDatabase } from '#tests/support/engines.ts';
import { createTestClock } from '#tests/support/test-clock.ts';
import { waitFor } from '#tests/support/wait-for.ts';

let metrics: OpenMetrics;
beforeEach(() => {
  metrics = openMetrics({ version: '1.0.0', role: 'worker', engine: 'postgres', dailyBudgetUsd: 2.5 });
});
afterEach(() => metrics[Symbol.dispose]());

/** The value of a series at a fresh scrape; undefined when there is none. */
async function value(series: string): Promise<number | undefined> {
  const { body } = await metrics.text();
  const line = body.split('\n').find((text) => text.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
}

const signal = new AbortController().signal;
const request = {} as ReplyRequest;
const used = { model: 'm-1', promptTokens: 900, cachedTokens: 300, completionTokens: 100, audioSeconds: 0 };
const priceOf = () => ({
  inputPerMillion: 1,
  cachedInputPerMillion: 0.1,
  outputPerMillion: 10,
  perAudioMinute: 0,
});

function measuredAi(more: Partial<Ai>): Ai {
  const unused = () => Promise.reject(new Error('not used'));
  const ai: Ai = { canSee: false, canHear: true, reply: unused, look: unused, transcribe: unused, ...more };
  return metrics.ai(ai, { vendor: 'openai', priceOf });
}

describe('calls to the model', () => {
  it('are counted with tokens and money, and answer as before', async () => {
    const answer = { text: 'yes', used, cutOff: false };
    const ai = measuredAi({ reply: async () => answer });
    expect([ai.canSee, ai.canHear]).toEqual([false, true]);
    expect(await ai.reply(request)).toBe(answer);
    await ai.reply(request);
    expect(await value('assistant_tokens_total{model="m-1",kind="prompt"}')).toBe(1800);
    expect(await value('assistant_tokens_total{model="m-1",kind="cached"}')).toBe(600);
    expect(await value('assistant_tokens_total{model="m-1",kind="completion"}')).toBe(200);
    // 600 fresh, 300 cached, 100 written: 600 + 30 + 1000 micro-dollars, twice.
    expect(await value('assistant_cost_usd_total{model="m-1"}')).toBeCloseTo(0.00326, 9);
    expect(await value('assistant_audio_seconds_total{model="m-1"}')).toBeUndefined();
  });

  it('count seconds of sound', async () => {
    const ai = measuredAi({
      transcribe: async () => ({ text: 'hm', used: { ...used, audioSeconds: 12.5 } }),
    });
    await ai.transcribe({ path: '', fileName: '', mimeType: '', seconds: 0, signal });
    expect(await value('assistant_audio_seconds_total{model="m-1"}')).toBe(12.5);
  });

  it.each([
    [new ProviderUnavailable('down'), 'unavailable'],
    [new ProviderUnavailable('perhaps', { uncertain: true }), 'uncertain'],
    [new ProviderRefused('quota', 'no money'), 'quota'],
    [new MediaUnusable('damaged', 'broken'), 'unusable'],
    [new AppError('stopping', 'closing', { retryable: true }), 'stopped'],
    [new DOMException('aborted', 'AbortError'), 'stopped'],
    [new TypeError('a bug'), 'error'],
  ])('that end with %s count as %s, and throw the same', async (error, outcome) => {
    const ai = measuredAi({ look: () => Promise.reject(error) });
    const looking = ai.look({ instructions: '', question: '', userId: '', signal } as never);
    await expect(looking).rejects.toBe(error);
    const labels = `vendor="openai",operation="look",outcome="${outcome}"`;
    expect(await value(`assistant_vendor_call_duration_seconds_count{${labels}}`)).toBe(1);
  });
});

describe('calls to channels', () => {
  it('are timed each under its name', async () => {
    const part = { id: 'p', to: 't', from: 'f', text: 'x', firstTriedAt: new Date() } satisfies OutboundPart;
    const channel: Channel = {
      name: 'twilio',
      limits: { textUnits: 7 },
      fetchMedia: () => Promise.reject(new MediaUnusable('refused', 'no')),
      send: async () => ({ providerId: 'SM1' }),
      showTyping: async () => {},
      findSent: async () => null,
    };
    const measured = metrics.channels(new Map([['twilio', channel]])).get('twilio');
    expect(measured?.limits.textUnits).toBe(7);
    expect(await measured?.send(part, { signal })).toEqual({ providerId: 'SM1' });
    expect(await measured?.findSent?.(part, { signal })).toBeNull();
    await measured?.showTyping({ providerId: 'SM1', to: 't' }, { signal });
    await expect(measured?.fetchMedia('r', { target: '', maxBytes: 1, signal })).rejects.toThrow(
      MediaUnusable,
    );
    for (const [operation, outcome] of [
      ['send', 'ok'],
      ['find_sent', 'ok'],
      ['show_typing', 'ok'],
      ['fetch_media', 'unusable'],
    ]) {
      const labels = `vendor="twilio",operation="${operation}",outcome="${outcome}"`;
      expect(await value(`assistant_vendor_call_duration_seconds_count{${labels}}`), operation).toBe(1);
    }
  });
});

describe('files', () => {
  it('are timed, whatever comes of them', async () => {
    const readers = metrics.readers({
      readPlainText: async () => 'text',
      prepareImage: () => Promise.reject(new MediaUnusable('too_many_pixels', 'too big')),
    } as unknown as FileReaders);
    expect(await readers.readPlainText('/a')).toBe('text');
    await expect(readers.prepareImage('/b', { signal })).rejects.toThrow('too big');
    const count = 'assistant_file_read_duration_seconds_count';
    expect(await value(`${count}{operation="read_plain_text",outcome="ok"}`)).toBe(1);
    expect(await value(`${count}{operation="prepare_image",outcome="unusable"}`)).toBe(1);
  });
});

describe.each(engines)('transactions on %s', (engine) => {
  it('are timed, with their waiting', async () => {
    await using database = await openTestDatabase(engine);
    const work = metrics.unitOfWork(
      createUnitOfWork({ db: database.db, clock: createTestClock(), newId: newUuid }),
    );
    expect(await work.run((stores) => stores.inbox.usersWithWork())).toEqual([]);
    await expect(work.run(() => Promise.reject(new TypeError('a bug')))).rejects.toThrow('a bug');
    expect(await value('assistant_database_transaction_seconds_count')).toBe(2);
    expect(await value('assistant_database_wait_seconds_count')).toBe(2);
    expect(await value('assistant_database_errors_total')).toBe(0);
  });
});

describe('a transaction', () => {
  it('that the database does not carry out is an error', async () => {
    const full: UnitOfWork = { run: () => Promise.reject(new StorageUnavailable('the disk is full')) };
    await expect(metrics.unitOfWork(full).run(async () => 1)).rejects.toThrow(StorageUnavailable);
    expect(await value('assistant_database_errors_total')).toBe(1);
    expect(await value('assistant_database_wait_seconds_count')).toBe(0);
  });
});

describe('jobs', () => {
  const run = (attempt: number): JobRun => ({ signal, attempt, lastAttempt: false, crashes: 0 });

  it('are counted while they run and when they end', async () => {
    const gate = Promise.withResolvers<void>();
    const handlers = metrics.handlers({
      'answer-user': () => gate.promise,
      'remove-old-media': () => Promise.reject(new Error('no such folder')),
      'erase-person': async () => {},
      'erase-at-provider': async () => {},
      'sum-usage': async () => {},
      'settle-reports': async () => {},
      'sync-templates': async () => {},
      'send-broadcast': async () => {},
    });
    const running = handlers['answer-user']({ userId: 'u' }, run(1));
    await expect(handlers['remove-old-media']({}, run(3))).rejects.toThrow('no such folder');
    expect(metrics.runningJobs()).toBe(1);
    expect(await value('assistant_jobs_running')).toBe(1);
    gate.resolve();
    await running;
    expect(metrics.runningJobs()).toBe(0);
    const count = 'assistant_job_duration_seconds_count';
    expect(await value(`${count}{job="answer-user",outcome="ok"}`)).toBe(1);
    expect(await value(`${count}{job="remove-old-media",outcome="failed"}`)).toBe(1);
    expect(await value('assistant_job_retries_total{job="remove-old-media"}')).toBe(1);
    expect(await value('assistant_job_retries_total{job="answer-user"}')).toBeUndefined();
  });
});

describe('a scrape', () => {
  const queue = { waiting: 4, running: 2, failed: 1, oldestDueMs: 61_000 };

  it('reads the queue, the arrival log, the pool and the readiness', async () => {
    metrics.readFrom({
      queue: async () => queue,
      isReady: async () => true,
      channels: () => [
        { name: 'meta', state: 'stopped' },
        { name: 'twilio', state: 'working' },
      ],
      backlog: async () => ({ count: 9, oldestAgeMs: 1_500, setAside: 1 }),
      pool: { totalCount: 10, idleCount: 3, waitingCount: 2 },
    });
    expect(await value('assistant_jobs{state="waiting"}')).toBe(4);
    expect(await value('assistant_jobs{state="failed"}')).toBe(1);
    expect(await value('assistant_oldest_due_job_seconds')).toBe(61);
    expect(await value('assistant_arrivals_waiting')).toBe(9);
    expect(await value('assistant_oldest_arrival_seconds')).toBe(1.5);
    expect(await value('assistant_arrivals_set_aside')).toBe(1);
    expect(await value('assistant_database_connections{state="busy"}')).toBe(7);
    expect(await value('assistant_database_connections{state="awaited"}')).toBe(2);
    expect(await value('assistant_channel_stopped{channel="meta"}')).toBe(1);
    expect(await value('assistant_channel_stopped{channel="twilio"}')).toBe(0);
    expect(await value('assistant_ready')).toBe(1);
    expect(await value('assistant_daily_budget_usd')).toBe(2.5);
    expect(await value('assistant_info{version="1.0.0",role="worker",engine="postgres"}')).toBe(1);
  });

  it.each([
    ['fails', () => Promise.reject(new Error('the connection was lost'))],
    ['hangs', () => new Promise<never>(() => {})],
  ])('answers when the database %s, without old numbers', async (_what, ask) => {
    let isBroken = false;
    metrics.readFrom({
      queue: () => (isBroken ? ask() : Promise.resolve(queue)),
      isReady: async () => !isBroken,
      channels: () => [],
      backlog: () => (isBroken ? ask() : Promise.resolve({ count: 9, oldestAgeMs: 1_500, setAside: 1 })),
    });
    expect(await value('assistant_database_up')).toBe(1);
    expect(await value('assistant_arrivals_waiting')).toBe(9);
    isBroken = true;
    const { body } = await metrics.text();
    expect(body).toContain('\nassistant_database_up 0\n');
    expect(body).toContain('\nassistant_ready 0\n');
    expect(body).not.toMatch(/^assistant_jobs\{/m);
    for (const name of [
      'oldest_due_job_seconds',
      'arrivals_waiting',
      'oldest_arrival_seconds',
      'arrivals_set_aside',
    ])
      expect(body).toContain(`\nassistant_${name} Nan\n`);
  });

  it('knows that nothing waits where there is no arrival log', async () => {
    metrics.readFrom({
      queue: async () => queue,
      isReady: async () => true,
      channels: () => [],
      backlog: async () => undefined,
    });
    expect(await value('assistant_arrivals_waiting')).toBe(0);
    expect(await value('assistant_oldest_arrival_seconds')).toBe(0);
    expect(await value('assistant_arrivals_set_aside')).toBe(0);
  });

  it('counts webhooks by status, and goes on counting after it', async () => {
    metrics.webhookAnswered(200, 3);
    metrics.webhookAnswered(200, 4);
    expect(await value('assistant_webhooks_total{status="200"}')).toBe(2);
    expect(await value('assistant_webhooks_total{status="503"}')).toBe(0);
    metrics.webhookAnswered(200, 900);
    expect(await value('assistant_webhooks_total{status="200"}')).toBe(3);
    expect(await value('assistant_webhook_duration_seconds_bucket{le="0.005"}')).toBe(2);
    expect(await value('assistant_webhook_duration_seconds_count')).toBe(3);
  });

  it('says how late the event loop is', async () => {
    const late = await waitFor('a measurement', async () => {
      const seconds = await value('nodejs_eventloop_lag_p99_seconds');
      return seconds !== undefined && seconds > 0 && seconds;
    });
    expect(late).toBeLessThan(5);
    expect(await value('nodejs_eventloop_lag_p50_seconds')).toBeDefined();
  });
});
