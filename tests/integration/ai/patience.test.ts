import { describe, expect, it } from 'vitest';
import { callTimeouts } from '#src/adapters/ai/openai/client.ts';
import { retryOptions } from '#src/adapters/ai/openai/with-retries.ts';
import { openOpenAiStandIn } from '#tests/support/openai-stand-in.ts';
import { failureOf, lookRequest, openAiUnderTest, replyRequest } from './ai-under-test.ts';

describe('patience', () => {
  it('waits as long as the provider asks: in milliseconds, in seconds', async () => {
    await using openai = await openOpenAiStandIn();
    const { ai, waits } = openAiUnderTest(openai.url);
    openai.next({ kind: 'rate-limit', retryAfterMs: 1_250, retryAfterSeconds: 9 });
    openai.next({ kind: 'rate-limit', retryAfterSeconds: 3 });
    await ai.reply(replyRequest());
    expect(waits).toEqual([1_250, 3_000]);
  });

  it('leaves a long wait to the queue, with the time to wait', async () => {
    await using openai = await openOpenAiStandIn();
    const { ai, waits } = openAiUnderTest(openai.url);
    openai.next({ kind: 'rate-limit', retryAfterSeconds: 90 });
    const failure = await failureOf(ai.reply(replyRequest()));
    expect(failure).toMatchObject({ code: 'provider_unavailable', retryAfterMs: 90_000 });
    expect(waits).toEqual([]);
    expect(openai.calls).toHaveLength(1);
  });

  it('waits a little longer each time when nobody says how long', async () => {
    await using openai = await openOpenAiStandIn();
    const { ai, waits } = openAiUnderTest(openai.url);
    openai.next({ kind: 'status', status: 500 }, { kind: 'status', status: 502 });
    await ai.reply(replyRequest());
    const [first = 0, second = 0] = waits;
    expect(first).toBeGreaterThanOrEqual(375);
    expect(first).toBeLessThanOrEqual(625);
    expect(second).toBeGreaterThanOrEqual(750);
    expect(second).toBeLessThanOrEqual(1_250);
  });

  it.each(['stall', 'silence'] as const)('does not wait for ever for an answer: %s', async (kind) => {
    await using openai = await openOpenAiStandIn();
    const { ai } = openAiUnderTest(openai.url, { timeouts: { ...callTimeouts, replyMs: 400 } });
    openai.next({ kind });
    expect((await ai.reply(replyRequest())).text).toBe('Understood.');
    expect(openai.calls).toHaveLength(2);
  });

  it('calls an answer that never comes a timeout', async () => {
    await using openai = await openOpenAiStandIn();
    const { ai } = openAiUnderTest(openai.url, { timeouts: { ...callTimeouts, replyMs: 40 } });
    openai.next({ kind: 'silence' }, { kind: 'stall' }, { kind: 'silence' });
    const failure = await failureOf(ai.reply(replyRequest()));
    expect(failure).toMatchObject({ code: 'provider_unavailable', vendorCode: 'timeout' });
  });

  it('starts no further attempt once the person has waited long enough', async () => {
    await using openai = await openOpenAiStandIn();
    const { ai } = openAiUnderTest(openai.url, {
      timeouts: { ...callTimeouts, replyMs: 60 },
      retries: { ...retryOptions, patienceMs: 30, delay: async () => undefined },
    });
    openai.next({ kind: 'silence' });
    expect(await failureOf(ai.reply(replyRequest()))).toMatchObject({ vendorCode: 'timeout' });
    expect(openai.calls).toHaveLength(1);
  });

  it('stops waiting between attempts when it is called off', async () => {
    await using openai = await openOpenAiStandIn();
    const controller = new AbortController();
    const { ai } = openAiUnderTest(openai.url, {
      retries: {
        ...retryOptions,
        delay: (ms, signal) => {
          controller.abort();
          return retryOptions.delay(ms, signal);
        },
      },
    });
    openai.next({ kind: 'rate-limit', retryAfterSeconds: 15 });
    const failure = await failureOf(ai.reply(replyRequest({ signal: controller.signal })));
    expect(failure).toMatchObject({ code: 'stopping', retryable: true });
    expect(openai.calls).toHaveLength(1);
  });

  it('names a server that is not there', async () => {
    const openai = await openOpenAiStandIn();
    await openai[Symbol.asyncDispose]();
    const failure = await failureOf(openAiUnderTest(openai.url).ai.reply(replyRequest()));
    expect(failure).toMatchObject({ code: 'provider_unavailable', vendorCode: 'ECONNREFUSED' });
  });

  it('says nothing of what people wrote or of the key, neither in errors nor in the log', async () => {
    await using openai = await openOpenAiStandIn();
    const { ai, log } = openAiUnderTest(openai.url);
    const secret = 'The merger is on Monday';
    openai.next({ kind: 'rate-limit' }, { kind: 'truncated-json' }, { kind: 'drop' });
    openai.next({ kind: 'status', status: 400, code: secret }, { kind: 'body', body: secret });
    openai.answers(() => secret);
    const failures = [
      await failureOf(ai.reply(replyRequest({ text: secret, personText: secret }))),
      await failureOf(ai.look(lookRequest({ question: secret }))),
    ];
    const told =
      failures.map((error) => JSON.stringify(error, Object.getOwnPropertyNames(error))).join() + log.lines;
    expect(log.lines.length).toBeGreaterThan(0);
    expect(told).not.toContain('merger');
    expect(told).not.toContain('sk-test');
  });
});
