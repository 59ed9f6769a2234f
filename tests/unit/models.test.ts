import { describe, expect, it } from 'vitest';
import { findModel, models, retirementWarnings, unpricedModels } from '#config/models.ts';
import { loadPrompts } from '#config/prompts.ts';
import { loadSettings } from '#config/settings.ts';

const ai = (env: Record<string, string>) => loadSettings({ OPENAI_API_KEY: 'sk-test', ...env }).ai;
const on = (day: string) => new Date(`${day}T09:00:00Z`);

describe('the model catalog', () => {
  it('knows the models the product starts with, and what they cost', () => {
    const { model, visionModel, transcribeModel } = ai({});
    expect(findModel(model)).toMatchObject({
      price: { inputPerMillion: 0.1, cachedInputPerMillion: 0.01, outputPerMillion: 0.5 },
      defaultEffort: 'low',
    });
    expect(findModel(visionModel)?.vision).toBe(true);
    expect(findModel(transcribeModel)?.price?.perAudioMinute).toBe(0.0045);
  });

  it.each([
    ['gpt-5.6-luna-2026-05-01', 'gpt-5.6-luna'],
    ['gpt-4o-2024-08-06', 'gpt-4o'],
    ['gpt-4o-mini-transcribe-2025-12-15', 'gpt-4o-mini-transcribe'],
    ['gpt-4o-transcribe', 'gpt-4o-transcribe'],
    ['gpt-4o-audio-preview', undefined],
    ['gpt-4', 'gpt-4'],
    ['llama3.3', undefined],
    ['', undefined],
  ])('finds the profile of %s', (id, profile) => {
    expect(findModel(id)?.id).toBe(profile);
  });

  it('takes other prices than its own', () => {
    const [first] = models;
    const mine = first ? [{ ...first, id: 'mine' }] : [];
    expect(findModel('mine', mine)?.id).toBe('mine');
    expect(findModel('gpt-6-luna', mine)).toBeUndefined();
  });

  it.each(models.map((model) => [model.id, model] as const))('is consistent about %s', (_id, model) => {
    if (model.defaultEffort) expect(model.efforts).toContain(model.defaultEffort);
    else expect(model.efforts).toEqual([]);
    if (model.kind === 'language') expect(model.maxOutputTokens).toBeLessThan(model.contextTokens);
    const { price, retires } = model;
    if (price) expect(price.cachedInputPerMillion).toBeLessThanOrEqual(price.inputPerMillion);
    if (retires) {
      expect(new Date(retires.on).toISOString().slice(0, 10)).toBe(retires.on);
      // A replacement that itself retires first would only move the problem.
      expect(findModel(retires.replacement)).toMatchObject({ kind: model.kind, retires: undefined });
    }
  });

  it('lists each model once', () => {
    expect(new Set(models.map(({ id }) => id)).size).toBe(models.length);
  });
});

describe('the retirement warning', () => {
  it('is silent about the models the product starts with, and without a provider', () => {
    expect(retirementWarnings(ai({}), on('2026-11-21'))).toEqual([]);
    const offline = loadSettings({ OPENAI_MODEL: 'gpt-4' }).ai;
    expect(retirementWarnings(offline, on('2026-11-21'))).toEqual([]);
  });

  it('comes 60 days ahead, with the variable, the day and what to use instead', () => {
    const settings = ai({ OPENAI_TRANSCRIBE_MODEL: 'whisper-1' });
    expect(retirementWarnings(settings, on('2026-12-27'))).toEqual([]);
    expect(retirementWarnings(settings, on('2026-12-28'))).toEqual([
      'OPENAI_TRANSCRIBE_MODEL is whisper-1, which retires on 2027-02-26 (in 60 days). Set it to gpt-transcribe instead.',
    ]);
    expect(retirementWarnings(settings, on('2027-02-26'))[0]).toContain('(today)');
  });

  it('stays after the day', () => {
    expect(retirementWarnings(ai({ OPENAI_MODEL: 'gpt-4-turbo-2024-04-09' }), on('2026-11-21'))).toEqual([
      'OPENAI_MODEL is gpt-4-turbo-2024-04-09, which was retired on 2026-10-23. Set it to gpt-6-luna instead.',
    ]);
  });

  it('names the variable the owner has set', () => {
    const warnings = retirementWarnings(ai({ OPENAI_VISION_MODEL: 'gpt-4o' }), on('2026-12-15'));
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/^OPENAI_VISION_MODEL is gpt-4o,/);
  });
});

describe('models without a price', () => {
  it('are named once each', () => {
    expect(unpricedModels(ai({}))).toEqual([]);
    const local = { OPENAI_MODEL: 'llama3.3', OPENAI_TRANSCRIBE_MODEL: 'whisper-large-v3' };
    expect(unpricedModels(ai(local))).toEqual(['llama3.3', 'whisper-large-v3']);
  });
});

describe('the prompts', () => {
  const prompts = loadPrompts();

  it('are the same bytes every time, and keep the notes to the owner at home', () => {
    expect(loadPrompts()).toEqual(prompts);
    for (const text of Object.values(prompts)) {
      expect(text).not.toMatch(/<!--|-->|\n{3}|^\s|\s$/);
      expect(text.length).toBeGreaterThan(200);
    }
  });

  it('present a team’s assistant with a scope', () => {
    expect(prompts.assistant).toMatch(/assistant of a team/);
    expect(prompts.assistant).toMatch(/^## Scope$/m);
    expect(prompts.assistant).toMatch(/not a general-purpose assistant/);
  });

  it('agree on what an empty page is called', () => {
    expect(prompts.readScannedPage.endsWith('[empty page]')).toBe(true);
  });
});
