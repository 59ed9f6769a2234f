import type { ModelPrice } from '#src/domain/usage.ts';
import type { Settings } from './settings.ts';

/** How hard a model thinks before it answers, in OpenAI's words. */
export type ReasoningEffort = 'none' | 'minimal' | 'low' | 'medium' | 'high' | 'xhigh' | 'max';

/** What is known of one model: what it can do, what it costs and how long it lives. */
export interface ModelProfile {
  readonly id: string;
  readonly kind: 'language' | 'transcription';
  /** Undefined where no price is known: its use then counts as 0 and the owner is warned. */
  readonly price: ModelPrice | undefined;
  /** Tokens of input and output together; 0 for transcription models. */
  readonly contextTokens: number;
  readonly maxOutputTokens: number;
  /** Efforts the model accepts; empty for models that do not reason and refuse the field. */
  readonly efforts: readonly ReasoningEffort[];
  /** What we ask for: short answers about a document need little thought, and thinking is billed as output. */
  readonly defaultEffort: ReasoningEffort | undefined;
  /** Accepts pictures. */
  readonly vision: boolean;
  /** Serves prompts from the cache up to marked places only, and charges for what it puts there (OpenAI, from GPT-5.6 on). */
  readonly cacheBreakpoints: boolean;
  /** The last UTC day of service, `YYYY-MM-DD`, and the model to use instead. */
  readonly retires: { readonly on: string; readonly replacement: string } | undefined;
}

/** The day the prices below were looked up. Providers change them: edit this table when they do. */
export const pricesAsOf = '2026-11-21';

const upToMax = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const;
const upToXhigh = ['none', 'low', 'medium', 'high', 'xhigh'] as const;

/*
 * USD per million tokens: input, cached input, output. A null price is not known. Context windows that the vendor does not
 * publish are set low (400,000), which only makes us cut history earlier.
 */
const newest = { context: 1_050_000, output: 128_000, vision: true, breakpoints: true } as const;
const gpt6 = { ...newest, efforts: upToMax, effort: 'low' } as const;
const gpt6Thinker = { ...gpt6, efforts: upToMax.slice(1) };
const gpt56 = { ...gpt6, efforts: upToXhigh, context: 400_000 } as const;
const gpt55 = { ...gpt56, breakpoints: false } as const;
const gpt51 = { ...gpt55, efforts: ['none', 'low', 'medium', 'high'] } as const;
const gpt5 = { ...gpt55, efforts: ['minimal', 'low', 'medium', 'high'] } as const;
const thinker = { ...gpt55, efforts: ['low', 'medium', 'high'], context: 200_000, output: 100_000 } as const;
const gpt41 = { ...gpt55, efforts: [], effort: undefined, context: 1_047_576, output: 32_768 } as const;
const gpt4o = { ...gpt41, context: 128_000, output: 16_384 } as const;
const blind = { ...gpt4o, output: 4_096, vision: false } as const;

const luna = 'gpt-6-luna';
const gone = { on: '2026-10-23', replacement: luna };
const december = { on: '2026-12-11', replacement: 'gpt-5.6-luna' };
const january = { on: '2027-01-14', replacement: luna };
const february = { on: '2027-02-26', replacement: 'gpt-transcribe' };
const april = { on: '2027-04-01', replacement: luna };

/** Every model the product knows. Sources: OpenAI's price and deprecation pages. */
export const models: readonly ModelProfile[] = [
  language('gpt-6-luna', [0.1, 0.01, 0.5], gpt6),
  language('gpt-6.1-terra', [1, 0.05, 5], gpt6),
  language('gpt-6.1-sol', [2, 0.1, 10], gpt6Thinker),
  language('gpt-6-sol', [2, 0.2, 10], gpt6),
  language('gpt-6-astra', [10, 1, 50], gpt6Thinker),
  language('gpt-5.6-luna', [0.2, 0.02, 1.2], gpt56),
  language('gpt-5.6-terra', [2, 0.2, 12], gpt56),
  // No reduced price for cached input is published: full price, so that a budget is never overrun.
  language('gpt-5.6-sol', [4, 4, 20], gpt56),
  language('gpt-5.5', null, gpt55),
  language('gpt-5.4', null, gpt55),
  language('gpt-5.4-mini', null, gpt55),
  language('gpt-5.4-nano', null, gpt55, april),
  language('gpt-5.2', [1.75, 0.175, 14], gpt55),
  language('gpt-5.1', [1.25, 0.125, 10], gpt51, april),
  language('gpt-5', [1.25, 0.125, 10], gpt5, december),
  language('gpt-5-mini', [0.25, 0.025, 2], gpt5, december),
  language('gpt-5-nano', [0.05, 0.005, 0.4], gpt5, december),
  language('gpt-5-pro', null, { ...gpt5, efforts: ['high'], effort: 'high' }, december),
  language('o3', [2, 0.5, 8], thinker, december),
  language('o3-pro', null, thinker, december),
  language('gpt-4o', [2.5, 1.25, 10], gpt4o, january),
  language('gpt-4o-mini', [0.15, 0.075, 0.6], gpt4o, january),
  language('gpt-4.1', [2, 0.5, 8], gpt41, january),
  language('gpt-4.1-mini', [0.4, 0.1, 1.6], gpt41, january),
  language('gpt-4.1-nano', null, gpt41, gone),
  language('o4-mini', null, thinker, gone),
  language('o3-mini', null, { ...thinker, vision: false }, gone),
  language('o1', null, thinker, gone),
  language('gpt-4-turbo', null, { ...gpt4o, output: 4_096 }, gone),
  language('gpt-4', null, { ...blind, context: 8_192 }, gone),
  language('gpt-3.5-turbo', null, { ...blind, context: 16_385 }, gone),
  transcription('gpt-transcribe', 0.0045),
  transcription('gpt-4o-transcribe', 0.006, february),
  transcription('gpt-4o-mini-transcribe', 0.003, february),
  transcription('gpt-4o-transcribe-diarize', 0.006, february),
  transcription('whisper-1', 0.006, february),
];

/**
 * The profile of a model id: the id itself or a dated snapshot of it (`gpt-5.6-luna-2026-05-01`).
 * @param catalog other profiles or prices than the built-in ones
 */
export function findModel(id: string, catalog: readonly ModelProfile[] = models): ModelProfile | undefined {
  // Only a date may follow: gpt-4o-transcribe is not a gpt-4o.
  const family = id.replace(/-\d{4}-\d{2}-\d{2}$/, '');
  return catalog.find((model) => model.id === id) ?? catalog.find((model) => model.id === family);
}

const dayMs = 86_400_000;
const warnDays = 60;

/** One sentence for each configured model that retires within 60 days or has retired; empty without a provider. */
export function retirementWarnings(ai: Settings['ai'], today: Date, catalog = models): string[] {
  return modelsInUse(ai).flatMap(({ variable, model }) => {
    const retires = findModel(model, catalog)?.retires;
    if (!retires) return [];
    const days = Math.ceil((Date.parse(retires.on) - today.getTime()) / dayMs);
    if (days > warnDays) return [];
    const when =
      days < 0
        ? `was retired on ${retires.on}`
        : `retires on ${retires.on} (${days === 0 ? 'today' : `in ${days} days`})`;
    return [`${variable} is ${model}, which ${when}. Set it to ${retires.replacement} instead.`];
  });
}

/** Configured models without a known price: what they cost counts as 0, so budgets do not see it. */
export function unpricedModels(ai: Settings['ai'], catalog = models): string[] {
  const names = modelsInUse(ai).map(({ model }) => model);
  return [...new Set(names)].filter((model) => !findModel(model, catalog)?.price);
}

function modelsInUse(ai: Settings['ai']): { variable: string; model: string }[] {
  if (!ai.openai) return [];
  const used = [
    { variable: 'OPENAI_MODEL', model: ai.model },
    { variable: 'OPENAI_VISION_MODEL', model: ai.visionModel },
    { variable: 'OPENAI_TRANSCRIBE_MODEL', model: ai.transcribeModel },
  ];
  // An empty OPENAI_VISION_MODEL follows OPENAI_MODEL: naming both would send the owner to a variable they never set.
  return used.filter(({ variable, model }) => variable !== 'OPENAI_VISION_MODEL' || model !== ai.model);
}

interface Traits {
  readonly efforts: readonly ReasoningEffort[];
  readonly effort: ReasoningEffort | undefined;
  readonly context: number;
  readonly output: number;
  readonly vision: boolean;
  readonly breakpoints: boolean;
}

function language(
  id: string,
  price: readonly [input: number, cachedInput: number, output: number] | null,
  traits: Traits,
  retires?: ModelProfile['retires'],
): ModelProfile {
  return {
    id,
    kind: 'language',
    price: price
      ? {
          inputPerMillion: price[0],
          cachedInputPerMillion: price[1],
          outputPerMillion: price[2],
          perAudioMinute: 0,
        }
      : undefined,
    contextTokens: traits.context,
    maxOutputTokens: traits.output,
    efforts: traits.efforts,
    defaultEffort: traits.effort,
    vision: traits.vision,
    cacheBreakpoints: traits.breakpoints,
    retires,
  };
}

function transcription(id: string, perAudioMinute: number, retires?: ModelProfile['retires']): ModelProfile {
  return {
    id,
    kind: 'transcription',
    price: { inputPerMillion: 0, cachedInputPerMillion: 0, outputPerMillion: 0, perAudioMinute },
    contextTokens: 0,
    maxOutputTokens: 0,
    efforts: [],
    defaultEffort: undefined,
    vision: false,
    cacheBreakpoints: false,
    retires,
  };
}
