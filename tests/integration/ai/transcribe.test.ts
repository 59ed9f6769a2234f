import { describe, expect, it } from 'vitest';
import { openOpenAiStandIn } from '#tests/support/openai-stand-in.ts';
import { failureOf, openAiUnderTest, recording } from './ai-under-test.ts';

describe('transcribing', () => {
  it('uploads the file under the name the API needs', async () => {
    await using openai = await openOpenAiStandIn();
    await using voice = await recording(Buffer.from('OggS…'));
    await openAiUnderTest(openai.url).ai.transcribe(voice.request());
    const [call] = openai.calls;
    expect(call?.sound).toMatchObject({ name: 'voice.ogg', type: 'audio/ogg', bytes: Buffer.from('OggS…') });
    expect(call?.body).toEqual({ model: 'gpt-transcribe', response_format: 'json' });
    expect(openai.problems).toEqual([]);
  });

  it('reports the language and bills the measured seconds when the API reports tokens', async () => {
    await using openai = await openOpenAiStandIn();
    await using voice = await recording();
    openai.transcribes(() => ({ text: ' Die Liste, bitte. ', language: 'de' }));
    const { text, language, used } = await openAiUnderTest(openai.url).ai.transcribe(
      voice.request({ seconds: 12 }),
    );
    expect(text).toBe('Die Liste, bitte.');
    expect(language).toBe('de');
    expect(used).toMatchObject({ model: 'gpt-transcribe', audioSeconds: 12 });
    expect(used.promptTokens).toBeGreaterThan(0);
  });

  it('asks whisper-1 for the form that tells language and length', async () => {
    await using openai = await openOpenAiStandIn();
    await using voice = await recording();
    openai.transcribes(() => ({
      text: 'Die Liste',
      language: 'de',
      usage: { type: 'duration', seconds: 37 },
    }));
    const { ai } = openAiUnderTest(openai.url, { transcribeModel: 'whisper-1' });
    const { language, used } = await ai.transcribe(voice.request({ seconds: 0 }));
    expect(openai.calls[0]?.body.response_format).toBe('verbose_json');
    expect(language).toBe('de');
    expect(used).toMatchObject({ audioSeconds: 37, promptTokens: 0 });
    expect(openai.problems).toEqual([]);
  });

  it('gives no words when nothing was said, and no language when none was recognized', async () => {
    await using openai = await openOpenAiStandIn();
    await using voice = await recording();
    openai.transcribes(() => ({ text: '  ' }));
    const heard = await openAiUnderTest(openai.url).ai.transcribe(voice.request());
    expect(heard).toMatchObject({ text: '', language: undefined });
  });

  it('does without usage, as compatible servers leave it out', async () => {
    await using server = await openOpenAiStandIn();
    await using voice = await recording();
    server.transcribes(() => ({ text: 'Hello', usage: null }));
    const { ai } = openAiUnderTest(server.url, { transcribeModel: 'whisper-large-v3' });
    const { used } = await ai.transcribe(voice.request({ seconds: 9 }));
    expect(used).toEqual({
      model: 'whisper-large-v3',
      promptTokens: 0,
      cachedTokens: 0,
      completionTokens: 0,
      audioSeconds: 9,
    });
  });

  it('sends the whole file again after a dropped connection', async () => {
    await using openai = await openOpenAiStandIn();
    const sound = Buffer.alloc(3_000_000, 'Ogg');
    await using voice = await recording(sound);
    openai.next({ kind: 'drop' }, { kind: 'rate-limit' });
    await openAiUnderTest(openai.url).ai.transcribe(voice.request());
    expect(openai.calls.map((call) => call.sound?.bytes.equals(sound))).toEqual([true, true, true]);
  });

  it.each([
    [{ status: 400 }, 'damaged'],
    [{ status: 400, code: 'invalid_value', param: 'file' }, 'damaged'],
    [{ status: 400, code: 'audio_too_short', param: 'file' }, 'empty'],
    [{ status: 413 }, 'too_large'],
  ])('blames the recording for %o', async (answer, problem) => {
    await using openai = await openOpenAiStandIn();
    await using voice = await recording();
    openai.next({ kind: 'status', ...answer });
    const failure = await failureOf(openAiUnderTest(openai.url).ai.transcribe(voice.request()));
    expect(failure).toMatchObject({ code: 'media_unusable', problem });
  });

  it.each([
    [{ status: 400, code: 'unsupported_value', param: 'response_format' }, 'request'],
    [{ status: 404, code: 'model_not_found', param: 'model' }, 'request'],
    [{ status: 404 }, 'request'],
    [{ status: 401, code: 'invalid_api_key' }, 'credentials'],
    [{ status: 429, code: 'insufficient_quota' }, 'quota'],
  ])('does not blame the recording for %o', async (answer, reason) => {
    await using openai = await openOpenAiStandIn();
    await using voice = await recording();
    openai.next({ kind: 'status', ...answer });
    const failure = await failureOf(openAiUnderTest(openai.url).ai.transcribe(voice.request()));
    expect(failure).toMatchObject({ code: 'provider_refused', reason });
    expect(openai.calls).toHaveLength(1);
  });
});
