import { z } from 'zod';
import type { Page, Place } from '#src/ports/read-model.ts';

const isoTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const Position = z.tuple([z.string().regex(isoTime), z.uuid()]);

const exampleCursor = toCursor({
  createdAt: '2026-11-21T10:00:00.000Z',
  id: '019ea6a4-3c00-7000-8000-000000000001',
});

/** Query parameters of every list. */
export const paging = {
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(100)
    .default(50)
    .meta({ description: 'Items a page, 1–100.', examples: [50] }),
  cursor: z
    .string()
    .max(200)
    .meta({
      description: '`next_cursor` of the page before; leave it out for the newest.',
      examples: [exampleCursor],
    })
    .transform((text, context): Place => {
      const place = readCursor(text);
      if (place) return place;
      context.addIssue({ code: 'custom', message: 'is not a cursor that a list returned' });
      return z.NEVER;
    })
    .optional(),
};

/** A page of a list as JSON. */
export function pageOf<T extends z.ZodType>(id: string, item: T) {
  return z
    .object({
      items: z.array(item).meta({ description: 'Newest first.' }),
      next_cursor: z
        .string()
        .nullable()
        .meta({
          description: 'Pass it as `cursor` to continue; null on the last page.',
          examples: [exampleCursor],
        }),
    })
    .meta({ id, description: 'One page of the list.' });
}

/** A page of the read model as JSON. */
export function toPageBody<T>({ items, next }: Page<T>): { items: T[]; next_cursor: string | null } {
  return { items, next_cursor: next && toCursor(next) };
}

function toCursor({ createdAt, id }: Place): string {
  return Buffer.from(JSON.stringify([createdAt, id])).toString('base64url');
}

function readCursor(text: string): Place | null {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(text, 'base64url').toString());
  } catch {
    // Not JSON: somebody made it up, which the caller answers with 400.
    return null;
  }
  const position = Position.safeParse(value);
  return position.success ? { createdAt: position.data[0], id: position.data[1] } : null;
}
