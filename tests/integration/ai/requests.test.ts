import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { openOpenAiStandIn } from '#tests/support/openai-stand-in.ts';
import { lookRequest, openAiUnderTest, replyRequest } from './ai-under-test.ts';

describe('what is sent to OpenAI’s own models', () => {
  it('is kept nowhere, names nobody, and can be cached', async () => {
    await using openai = await openOpenAiStandIn();
    const { ai } = openAiUnderTest(openai.url);
    await ai.reply(replyRequest({ context: 'Today is Friday.' }));
    await ai.reply(replyRequest({ context: 'Today is Saturday.' }));
    await ai.reply(replyRequest({ userId: '0197-ben' }));
    const [first, second, other] = openai.calls.map(({ body }) => body);
    expect(first).toMatchObject({
      model: 'gpt-6-luna',
      store: false,
      reasoning: { effort: 'low' },
      max_output_tokens: 4_000,
      safety_identifier: createHash('sha256').update('salt0197-ana').digest('hex'),
    });
    expect(second?.prompt_cache_key).toBe(first?.prompt_cache_key);
    expect(second?.instructions).toBe(first?.instructions);
    expect(second?.safety_identifier).toBe(first?.safety_identifier);
    expect(other?.safety_identifier).not.toBe(first?.safety_identifier);
    expect(other?.prompt_cache_key).not.toBe(first?.prompt_cache_key);
    for (const { body } of openai.calls) {
      expect(
        Object.keys(body).filter((field) => /temperature|top_p|user|metadata|include/.test(field)),
      ).toEqual([]);
      expect(JSON.stringify(body)).not.toMatch(/0197-/);
    }
    expect(openai.problems).toEqual([]);
  });

  it.each([
    ['gpt-6-astra', 'low'],
    ['gpt-5-mini', 'low'],
    ['gpt-5-pro', 'high'],
    ['gpt-5.6-luna-2026-05-01', 'low'],
    ['gpt-4o', undefined],
  ])('asks %s for an effort it knows', async (model, effort) => {
    await using openai = await openOpenAiStandIn();
    await openAiUnderTest(openai.url, { model }).ai.reply(replyRequest());
    expect(openai.calls[0]?.body.reasoning).toEqual(effort && { effort });
    expect(openai.problems).toEqual([]);
  });

  it('looks at photos in high detail with the model for vision', async () => {
    await using openai = await openOpenAiStandIn();
    const { ai } = openAiUnderTest(openai.url, { visionModel: 'gpt-6.1-terra' });
    await ai.look(lookRequest());
    expect(openai.calls[0]?.body).toMatchObject({ model: 'gpt-6.1-terra', store: false });
    expect(JSON.stringify(openai.calls[0]?.body)).toContain('"detail":"high"');
    expect(openai.problems).toEqual([]);
  });

  it('does not offer to look with a model that is known to be blind', () => {
    expect(openAiUnderTest('http://localhost/v1', { visionModel: 'gpt-3.5-turbo' }).ai.canSee).toBe(false);
    expect(openAiUnderTest('http://localhost/v1', { visionModel: 'llava' }).ai.canSee).toBe(true);
  });
});

describe('what is sent to other servers', () => {
  it('is plain chat: nothing they might refuse', async () => {
    await using server = await openOpenAiStandIn();
    const { ai } = openAiUnderTest(server.url, { api: 'chat', model: 'qwen3:8b', visionModel: 'llava' });
    await ai.reply(replyRequest());
    await ai.look(lookRequest());
    for (const { body } of server.calls)
      expect(Object.keys(body).sort()).toEqual(['max_tokens', 'messages', 'model']);
    expect(JSON.stringify(server.calls[1]?.body)).not.toContain('"detail"');
    expect(server.problems).toEqual([]);
  });

  it('is plain Responses where that was chosen, and still not stored', async () => {
    await using server = await openOpenAiStandIn();
    const { ai } = openAiUnderTest(server.url, { api: 'responses', model: 'qwen3:8b' });
    await ai.reply(replyRequest());
    const fields = Object.keys(server.calls[0]?.body ?? {}).sort();
    expect(fields).toEqual(['input', 'instructions', 'max_output_tokens', 'model', 'store']);
    expect(server.calls[0]?.body.store).toBe(false);
  });

  it('uses the output limit an OpenAI model behind a gateway insists on', async () => {
    await using gateway = await openOpenAiStandIn();
    await openAiUnderTest(gateway.url, { api: 'chat' }).ai.reply(replyRequest());
    expect(Object.keys(gateway.calls[0]?.body ?? {}).sort()).toEqual([
      'max_completion_tokens',
      'messages',
      'model',
    ]);
    expect(gateway.problems).toEqual([]);
  });
});

describe('what comes back', () => {
  it('is counted with its cached part', async () => {
    await using openai = await openOpenAiStandIn();
    openai.answers(() => ({
      text: 'Yes.',
      usage: {
        input_tokens: 3_000,
        input_tokens_details: { cached_tokens: 2_000 },
        output_tokens: 300,
        total_tokens: 3_300,
      },
    }));
    const { used } = await openAiUnderTest(openai.url).ai.reply(replyRequest());
    expect(used).toEqual({
      model: 'gpt-6-luna',
      promptTokens: 3_000,
      cachedTokens: 2_000,
      completionTokens: 300,
      audioSeconds: 0,
    });
  });

  it.each([
    ['no usage', {}],
    ['null', { usage: null }],
    ['no details', { usage: { prompt_tokens: 7, completion_tokens: 2 } }],
    ['nonsense', { usage: { prompt_tokens: -1, completion_tokens: 'many', prompt_tokens_details: 3 } }],
    ['more cached than sent', { usage: { prompt_tokens: 7, prompt_tokens_details: { cached_tokens: 9 } } }],
  ])('is counted as far as a compatible server tells: %s', async (_name, usage) => {
    await using server = await openOpenAiStandIn();
    server.next({ kind: 'body', body: { choices: [{ message: { content: 'Yes.' } }], ...usage } });
    const { text, used } = await openAiUnderTest(server.url, { api: 'chat' }).ai.reply(replyRequest());
    expect(text).toBe('Yes.');
    for (const number of [used.promptTokens, used.cachedTokens, used.completionTokens]) {
      expect(Number.isInteger(number) && number >= 0).toBe(true);
    }
    expect(used.cachedTokens).toBeLessThanOrEqual(used.promptTokens);
  });

  it('is priced by the answering model where the asked name is a deployment', async () => {
    await using azure = await openOpenAiStandIn();
    const body = { model: 'gpt-6-luna-2026-05-01', choices: [{ message: { content: 'Yes.' } }] };
    azure.next({ kind: 'body', body });
    const { used } = await openAiUnderTest(azure.url, { api: 'chat', model: 'our-bot' }).ai.reply(
      replyRequest(),
    );
    expect(used.model).toBe('gpt-6-luna-2026-05-01');
  });

  it.each([
    ['<think>They want the sum.\n20 + 22</think>\n\nIt is 42.', 'It is 42.'],
    ['It is 42.', 'It is 42.'],
  ])('leaves out what a local model thinks aloud', async (said, text) => {
    await using server = await openOpenAiStandIn();
    server.answers(() => said);
    const { ai } = openAiUnderTest(server.url, { api: 'chat', model: 'qwen3:8b' });
    expect((await ai.reply(replyRequest())).text).toBe(text);
  });

  it('is read in parts, as some servers send it', async () => {
    await using server = await openOpenAiStandIn();
    const content = [
      { type: 'thinking', thinking: [] },
      { type: 'text', text: 'It is 42.' },
    ];
    server.next({ kind: 'body', body: { choices: [{ message: { content } }] } });
    const { ai } = openAiUnderTest(server.url, { api: 'chat', model: 'magistral' });
    expect((await ai.reply(replyRequest())).text).toBe('It is 42.');
  });

  it('is the final answer, not the commentary on the way', async () => {
    await using openai = await openOpenAiStandIn();
    const message = (phase: string, text: string) => ({
      type: 'message',
      phase,
      content: [{ type: 'output_text', text, refusal: null }],
    });
    const output = [message('commentary', 'Let me see.'), message('final_answer', 'It is 42.')];
    openai.next({ kind: 'body', body: { status: 'completed', output } });
    expect((await openAiUnderTest(openai.url).ai.reply(replyRequest())).text).toBe('It is 42.');
  });
});
