import { z } from 'zod';

/** An id in an answer. */
export const id = z
  .string()
  .meta({ description: 'UUID, sorts by creation time.', examples: ['019ea6a4-3c00-7000-8000-000000000001'] });

/** A time in an answer. */
export const time = z
  .string()
  .meta({ description: 'ISO-8601, UTC.', examples: ['2026-11-21T10:00:00.000Z'], format: 'date-time' });

/** A count of tokens or calls. */
export const count = (description: string) =>
  z
    .number()
    .int()
    .meta({ description, examples: [1200] });

/** Money. */
export const usd = z.number().meta({ description: 'US dollars.', examples: [0.0042] });

/** The id in a path. Anything is let through: what is no id of ours is simply not found. */
export const idParam = z.object({
  id: z
    .string()
    .max(100)
    .meta({ description: 'The id as lists return it.', examples: ['019ea6a4-3c00-7000-8000-000000000001'] }),
});

/** An id as a filter. */
export const idFilter = (description: string) =>
  z
    .uuid()
    .optional()
    .meta({ description, examples: ['019ea6a4-3c00-7000-8000-000000000001'] });

const isId = z.uuid();

/** Keeps ids that cannot be ours away from the database (Postgres refuses some texts outright). */
export function isPossibleId(text: string): boolean {
  return isId.safeParse(text).success;
}
