import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { ReadModel, UsageDimension, UsageLine, UsageTotals } from '#src/ports/read-model.ts';
import type { Clock } from '#src/ports/system.ts';
import { HttpError } from '../http-error.ts';
import { failures, json } from './schemas/errors.ts';
import { count, id, idFilter, usd } from './schemas/fields.ts';

const dayMs = 86_400_000;
const maxDays = 366;
const maxLines = 5_000;
const dimensions: readonly string[] = ['day', 'user', 'model'] satisfies UsageDimension[];

const totals = {
  calls: count('Paid calls to a model.'),
  prompt_tokens: count('Tokens read.'),
  cached_tokens: count("Part of the tokens read that came from the provider's cache."),
  completion_tokens: count('Tokens written.'),
  total_tokens: count('Both together.'),
  audio_seconds: z.number().meta({ description: 'Seconds of sound transcribed.', examples: [42.5] }),
  cost_usd: usd,
};
const day = z.string().meta({ description: 'UTC day.', examples: ['2026-11-21'], format: 'date' });

const Totals = z
  .object(totals)
  .meta({ id: 'UsageTotals', description: 'Everything in the range.' }) satisfies z.ZodType<UsageTotals>;
const Line = z
  .object({
    day: day.nullable(),
    user_id: id.nullable(),
    model: z
      .string()
      .nullable()
      .meta({ examples: ['gpt-6-luna'] }),
    ...totals,
  })
  .meta({
    id: 'UsageLine',
    description: 'One group; what was not grouped by is null.',
  }) satisfies z.ZodType<UsageLine>;

const Usage = z
  .object({
    from: day,
    to: day,
    items: z.array(Line).meta({ description: 'Newest day first, then by cost.' }),
    totals: Totals,
    is_cut: z
      .boolean()
      .meta({ description: `True when there are more than ${maxLines} lines.`, examples: [false] }),
  })
  .meta({ id: 'Usage', description: 'What was consumed and what it cost.' });

const UsageQuery = z.strictObject({
  from: z.iso
    .date()
    .optional()
    .meta({ description: 'First UTC day; 29 days before `to` if left out.', examples: ['2026-11-01'] }),
  to: z.iso
    .date()
    .optional()
    .meta({ description: 'Last UTC day; today if left out.', examples: ['2026-11-21'] }),
  user_id: idFilter('Of this person only.'),
  group_by: z
    .string()
    .max(40)
    .default('day,user,model')
    .meta({
      description: 'What to group by: any of day, user, model, comma-separated; empty for totals only.',
      examples: ['day,model'],
    })
    .transform((text, context): UsageDimension[] => {
      const names = [...new Set(text.split(',').map((name) => name.trim()))].filter((name) => name !== '');
      if (names.every((name): name is UsageDimension => dimensions.includes(name))) return names;
      context.addIssue({ code: 'custom', message: 'must list day, user, model' });
      return z.NEVER;
    }),
});

/** `GET /api/v1/usage`: tokens, seconds and cost. */
export function addUsage(
  api: FastifyInstance,
  { readModel, clock }: { readModel: ReadModel; clock: Clock },
): void {
  api.withTypeProvider<ZodTypeProvider>().get(
    '/usage',
    {
      schema: {
        tags: ['Usage'],
        summary: 'Tokens, seconds and cost',
        description: 'What models consumed, added up by UTC day, person and model. At most 366 days.',
        security: [{ bearer: [] }],
        querystring: UsageQuery,
        response: { 200: json('The sums.', Usage), ...failures(400, 401) },
      },
    },
    async ({ query }) => {
      const to = query.to ?? toDay(clock.now());
      const from = query.from ?? toDay(new Date(Date.parse(to) - 29 * dayMs));
      const days = (Date.parse(to) - Date.parse(from)) / dayMs + 1;
      if (days < 1) throw new HttpError(400, 'invalid_request', 'from: must not be after `to`');
      if (days > maxDays)
        throw new HttpError(400, 'invalid_request', `from: at most ${maxDays} days can be added up`);
      const { lines, totals, isCut } = await readModel.sumUsage({
        from,
        to,
        userId: query.user_id,
        groupBy: query.group_by,
        maxLines,
      });
      return { from, to, items: lines, totals, is_cut: isCut };
    },
  );
}

function toDay(time: Date): string {
  return time.toISOString().slice(0, 10);
}
