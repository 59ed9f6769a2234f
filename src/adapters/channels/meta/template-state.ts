/** What Meta's events and states of templates mean, from its webhook and from its list. */
const states: Readonly<Record<string, string>> = {
  APPROVED: 'approved',
  // People took it badly, and it may be disabled; until then it reaches them.
  FLAGGED: 'approved',
  REINSTATED: 'approved',
  UNPAUSED: 'approved',
  PENDING: 'pending',
  IN_APPEAL: 'in_appeal',
  REJECTED: 'rejected',
  PAUSED: 'paused',
  DISABLED: 'disabled',
  LOCKED: 'locked',
  ARCHIVED: 'archived',
  LIMIT_EXCEEDED: 'limit_exceeded',
  PENDING_DELETION: 'pending_deletion',
  DELETED: 'deleted',
};

/** Events after which a template is again what it was before. */
const backToBefore: readonly string[] = ['UNARCHIVED'];

/** The state a template is in after an event; `as_before` where only the list tells, undefined for what nobody knows. */
export function templateState(event: string): string | undefined {
  const name = event.toUpperCase();
  if (backToBefore.includes(name)) return 'as_before';
  return Object.hasOwn(states, name) ? states[name] : undefined;
}
