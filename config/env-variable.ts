import { z } from 'zod';

/** One environment variable: what it is for, its default as text ('' = unset) and how its text is read. */
export interface Variable<T> {
  readonly group: string;
  readonly about: string;
  readonly byDefault: string;
  readonly secret?: true;
  readonly read: z.ZodType<T, string>;
}

/** A variable that anybody may see. */
export const variable = <T>(
  group: string,
  about: string,
  byDefault: string,
  read: z.ZodType<T, string>,
): Variable<T> => ({
  group,
  about,
  byDefault,
  read,
});
/** A variable whose value is never shown. */
export const secret = (group: string, about: string): Variable<string> => ({
  ...variable(group, about, '', z.string()),
  secret: true,
});
