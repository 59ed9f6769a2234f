import { describe, expect, it } from 'vitest';
import { findModel } from '#config/models.ts';
import { createChatCompletions } from '#src/adapters/ai/openai/chat-completions.ts';
import { createClient } from '#src/adapters/ai/openai/client.ts';
import { dialectFor } from '#src/adapters/ai/openai/dialect.ts';
import { exchange } from '#tests/support/exchange.ts';
import { openOpenAiStandIn } from '#tests/support/openai-stand-in.ts';
import { lookRequest, openAiUnderTest, replyRequest } from './ai-under-test.ts';

/** Some exchanges, oldest first. */
const exchanges = (count: number) =>
  Array.from({ length: count }, (_, at) => [
    { role: 'person' as const, text: `question ${at}` },
    { role: 'assistant' as const, text: `answer ${at}` },
  ]).flat();

type Item = { role: string; content: string | { text: string; prompt_cache_breakpoint?: object }[] };
const marked = (items: readonly Item[]) =>
  items.flatMap(({ content }) =>
    typeof content === 'string' ? [] : content.filter((block) => block.prompt_cache_breakpoint),
  );

describe('what OpenAI may serve from its cache', () => {
  it('ends at earlier messages of the person, of which the next prompt marks most again', async () => {
    await using openai = await openOpenAiStandIn();
    const { ai } = openAiUnderTest(openai.url);
    await ai.reply(replyRequest({ history: exchanges(6), context: 'Today is Friday.' }));
    await ai.reply(replyRequest({ history: exchanges(7), context: 'Today is Friday.' }));
    const [first, second] = openai.calls.map(({ body }) => body.input as Item[]);
    expect(openai.calls[0]?.body.prompt_cache_options).toEqual({ mode: 'explicit' });
    const texts = (items: readonly Item[] = []) => marked(items).map(({ text }) => text);
    expect(texts(first)).toEqual(['question 2', 'question 3', 'question 4', 'question 5']);
    expect(texts(second)).toEqual(['question 3', 'question 4', 'question 5', 'question 6']);
    expect(openai.problems).toEqual([]);
  });

  it('is the same text in the same form, marked or not', async () => {
    await using openai = await openOpenAiStandIn();
    const { ai } = openAiUnderTest(openai.url);
    for (const count of [3, 5, 8]) await ai.reply(replyRequest({ history: exchanges(count) }));
    const beginnings = openai.calls.map(({ body }) =>
      (body.input as Item[]).slice(0, 6).map((item) => ({
        ...item,
        content: typeof item.content === 'string' ? item.content : item.content.map(({ text }) => ({ text })),
      })),
    );
    expect(beginnings[1]).toEqual(beginnings[0]);
    expect(beginnings[2]).toEqual(beginnings[0]);
  });

  it('is nothing of a first question or a picture: putting it there would cost more than it saves', async () => {
    await using openai = await openOpenAiStandIn();
    const { ai } = openAiUnderTest(openai.url);
    await ai.reply(replyRequest());
    await ai.look(lookRequest());
    for (const { body } of openai.calls) {
      expect(body.prompt_cache_options).toEqual({ mode: 'explicit' });
      expect(marked(body.input as Item[])).toEqual([]);
    }
    expect(openai.problems).toEqual([]);
  });

  it('is left to models that find the common beginning themselves', async () => {
    await using openai = await openOpenAiStandIn();
    const { ai } = openAiUnderTest(openai.url, { model: 'gpt-5.2' });
    await ai.reply(replyRequest({ history: exchanges(6) }));
    expect(openai.calls[0]?.body.prompt_cache_key).toBeTypeOf('string');
    expect(openai.calls[0]?.body.prompt_cache_options).toBeUndefined();
    expect(marked(openai.calls[0]?.body.input as Item[])).toEqual([]);
  });

  it('is marked in Chat Completions as well, on OpenAI’s own host', async () => {
    await using openai = await openOpenAiStandIn();
    const ask = createChatCompletions({
      client: createClient({ apiKey: 'sk-test-not-a-key', baseUrl: openai.url, exchange }),
      timeoutMs: 5_000,
      dialectOf: (model) => dialectFor(undefined, findModel(model)),
      cacheKeyOf: () => 'key',
      safetyIdentifierOf: () => 'somebody',
      billedModel: (asked) => asked,
    });
    const said = exchanges(6).map(({ role, text }) => ({
      role: role === 'person' ? ('user' as const) : role,
      text,
    }));
    await ask({
      model: 'gpt-6-luna',
      instructions: 'You are the assistant of a team.',
      messages: [...said, { role: 'user', text: 'And now?' }],
      maxOutputTokens: 100,
      userId: '0197-ana',
      signal: new AbortController().signal,
    });
    const { messages, prompt_cache_options: options } = openai.calls[0]?.body ?? {};
    expect(options).toEqual({ mode: 'explicit' });
    expect(marked(messages as Item[]).map(({ text }) => text)).toEqual([
      'question 2',
      'question 3',
      'question 4',
      'question 5',
    ]);
    expect(openai.problems).toEqual([]);
  });

  it('is not marked on Azure, which may refuse the field', () => {
    const luna = findModel('gpt-6-luna');
    expect(dialectFor('https://team.openai.azure.com/openai/v1', luna).cacheBreakpoints).toBe(false);
    expect(dialectFor('https://eu.api.openai.com/v1', luna).cacheBreakpoints).toBe(true);
    expect(dialectFor(undefined, undefined).cacheBreakpoints).toBe(false);
  });
});
