/** Someone the owner can write as on the chat page. */
export interface TestPerson {
  readonly name: string;
  /** E.164 from the range kept for fiction (555-01xx), so that no real person can have it. */
  readonly phone: string;
  /** False for the one who shows what a refusal looks like. */
  readonly isWhitelisted: boolean;
}

/** Identity scope of test people: keeps them apart from a real person with the same number. */
export const simulatorScope = 'simulator';

/** The fictitious people of the chat page, in the order they are offered. */
export const testPeople: readonly TestPerson[] = [
  { name: 'Ana', phone: '+15550100', isWhitelisted: true },
  { name: 'Ben', phone: '+15550101', isWhitelisted: true },
  { name: 'Chen', phone: '+15550102', isWhitelisted: true },
  { name: 'Stranger', phone: '+15550199', isWhitelisted: false },
];
