/** Why something was not said, as it is written on parts, turns and messages. */
export const optedOut = { code: 'opted_out', reason: 'The person wants no messages.' } as const;
