import { describe, expect, it } from 'vitest';
import { openOpenAiStandIn } from '#tests/support/openai-stand-in.ts';

/** The stand-in is only worth something if it refuses what the real API refuses. */
describe('the OpenAI stand-in', () => {
  const post = (
    url: string,
    body: object,
    headers: Record<string, string> = { authorization: 'Bearer sk-1' },
  ) =>
    fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
  const ask = { model: 'gpt-6-luna', input: 'Hello' };
  const chat = { model: 'gpt-6-luna', messages: [{ role: 'user', content: 'Hello' }] };
  const picture = (image_url: string) => [{ role: 'user', content: [{ type: 'input_image', image_url }] }];

  it.each([
    ['an unknown field', 'responses', { ...ask, max_tokens: 5 }],
    ['a chat field in Responses', 'responses', { ...ask, messages: [] }],
    ['a wrong type', 'responses', { ...ask, store: 'false' }],
    ['a temperature with reasoning', 'responses', { ...ask, temperature: 0.5 }],
    [
      'an effort the model does not know',
      'responses',
      { ...ask, model: 'gpt-6-astra', reasoning: { effort: 'none' } },
    ],
    ['reasoning with gpt-4o', 'responses', { ...ask, model: 'gpt-4o', reasoning: { effort: 'low' } }],
    ['an identifier that is too long', 'responses', { ...ask, safety_identifier: 'x'.repeat(129) }],
    [
      'input parts of an assistant',
      'responses',
      { ...ask, input: [{ role: 'assistant', content: [{ type: 'input_text', text: 'Hi' }] }] },
    ],
    ['an empty message', 'responses', { ...ask, input: [{ role: 'user', content: '' }] }],
    ['a picture that is none', 'responses', { ...ask, input: picture('data:image/png;base64,AAAA') }],
    ['a picture by file name', 'responses', { ...ask, input: picture('photo.png') }],
    ['max_tokens with a reasoning model', 'chat/completions', { ...chat, max_tokens: 5 }],
    ['instructions in chat', 'chat/completions', { ...chat, instructions: 'Be kind.' }],
    ['tools with reasoning in chat', 'chat/completions', { ...chat, tools: [] }],
  ])('refuses %s', async (_name, path, body) => {
    await using openai = await openOpenAiStandIn();
    const response = await post(`${openai.url}/${path}`, body);
    expect(response.status).toBe(400);
    expect(openai.problems).toHaveLength(1);
  });

  it('refuses strangers, unknown models and unknown addresses', async () => {
    await using openai = await openOpenAiStandIn({ models: ['gpt-6-luna'] });
    expect((await post(`${openai.url}/responses`, ask, {})).status).toBe(401);
    expect((await post(`${openai.url}/responses`, { ...ask, model: 'gpt-9' })).status).toBe(404);
    expect((await post(`${openai.url}/completions`, ask)).status).toBe(404);
    expect((await post(`${openai.url}/responses`, ask)).status).toBe(200);
    expect(openai.problems).toHaveLength(3);
  });

  it.each([
    ['no extension', 'voice', { model: 'gpt-transcribe' }],
    ['an extension it does not take', 'voice.amr', { model: 'gpt-transcribe' }],
    [
      'a form the model does not know',
      'voice.ogg',
      { model: 'gpt-transcribe', response_format: 'verbose_json' },
    ],
    ['a model that does not transcribe', 'voice.ogg', { model: 'gpt-6-luna' }],
    ['an unknown field', 'voice.ogg', { model: 'whisper-1', quality: 'best' }],
  ])('refuses a recording with %s', async (_name, fileName, fields) => {
    await using openai = await openOpenAiStandIn();
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.set(name, value);
    form.set('file', new Blob(['OggS']), fileName);
    const response = await fetch(`${openai.url}/audio/transcriptions`, {
      method: 'POST',
      headers: { authorization: 'Bearer sk-1' },
      body: form,
    });
    expect(response.status).toBe(400);
    expect(openai.problems).toHaveLength(1);
  });
});
