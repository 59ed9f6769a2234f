import type { ChannelName } from './identity.ts';

/** `stopped`: by itself, because too much failed. `done`: everybody's message is in their lane. */
export type BroadcastState = 'running' | 'paused' | 'stopped' | 'canceled' | 'done';

/** What the owner does with a broadcast. */
export type BroadcastAction = 'pause' | 'resume' | 'cancel' | 'retry-failed';

/** How a recipient was named; `unreadable` is nothing that could be anybody. */
export type RecipientKind = 'user_id' | 'phone' | 'bsuid' | 'unreadable';

/** Somebody a broadcast is for, as the owner named them. */
export interface Recipient {
  readonly kind: RecipientKind;
  readonly given: string;
  /** Why it can be nobody, where that is known: then `given` is where it stands. */
  readonly fault?: string | undefined;
  /** What fills the template for them. */
  readonly values: Readonly<Record<string, string>>;
}

/** What is said: with both, whoever wrote lately gets the text and everybody else the template. */
export interface BroadcastContent {
  readonly text?: string | undefined;
  readonly template?: { readonly name: string; readonly language?: string | undefined } | undefined;
  /** Undefined takes for each person the one they wrote on last. */
  readonly channel?: ChannelName | undefined;
}

/** How far a recipient is: until their message is sent that is our own word, from then on the provider's. */
export const recipientStates = [
  'waiting',
  'queued',
  'held',
  'sent',
  'delivered',
  'read',
  'failed',
  'skipped',
] as const;
export type RecipientState = (typeof recipientStates)[number];

/** So many of the latest outcomes are looked at. */
export const watchedOutcomes = 50;

/** Whether so much of what was handed out lately has failed that going on would do harm. */
export function failsTooMuch({ finished, failed }: { finished: number; failed: number }): boolean {
  return failed >= 10 && failed > finished / 5;
}

const canBecome: Readonly<Record<BroadcastAction, readonly BroadcastState[]>> = {
  // Of what is done, some may still be in people's lanes.
  pause: ['running', 'done'],
  resume: ['paused', 'stopped'],
  cancel: ['running', 'paused', 'stopped', 'done'],
  'retry-failed': ['running', 'paused', 'stopped', 'done'],
};
const becomes: Readonly<Record<BroadcastAction, BroadcastState>> = {
  pause: 'paused',
  resume: 'running',
  cancel: 'canceled',
  'retry-failed': 'running',
};

/** The state an action leads to; undefined when it makes no sense now. What is done already may be done again. */
export function stateAfter(state: BroadcastState, action: BroadcastAction): BroadcastState | undefined {
  const next = becomes[action];
  return canBecome[action].includes(state) || (state === next && action !== 'retry-failed')
    ? next
    : undefined;
}
