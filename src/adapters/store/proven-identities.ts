import type { Identity } from '#src/domain/identity.ts';
import type { InboundMessage } from '#src/domain/message.ts';

/** One text for each identity. */
export const keyOf = ({ kind, scope, value }: Identity) => `${kind}|${scope}|${value}`;

/**
 * The identities that prove who somebody is, strongest first. A username does not: its owner can give it up, and whoever takes it
 * next must not inherit a stranger's access and history.
 */
export function provenIdentities({ sender }: Pick<InboundMessage, 'sender'>): Identity[] {
  return sender.filter((identity) => identity.kind !== 'username');
}

/** When something happened: by the provider's clock where it says so. */
export function timeOf({ sentAtMs }: Pick<InboundMessage, 'sentAtMs'>, now: Date): string {
  return new Date(Math.min(sentAtMs ?? now.getTime(), now.getTime())).toISOString();
}
