import type { ChannelName } from '#src/domain/identity.ts';
import type { Stores } from '#src/ports/stores.ts';

/** Codes by which providers say that a person has told them, not us, that they want no messages. */
const opted: Readonly<Partial<Record<ChannelName, Readonly<Record<string, 'messages' | 'marketing'>>>>> = {
  // "Attempt to send to unsubscribed recipient".
  twilio: { 21610: 'messages' },
  // "User has chosen to stop receiving marketing messages": what they ask is still answered.
  meta: { 131050: 'marketing' },
};

/** Notes the wish that a provider's error code tells of, if it does. */
export async function noteProviderOptOut(
  stores: Pick<Stores, 'consents'>,
  refusal: { readonly userId: string; readonly channel: ChannelName; readonly code: string },
): Promise<void> {
  const { userId, channel, code } = refusal;
  const wish = optOutOf(channel, code);
  const origin = { source: 'provider', channel, detail: code } as const;
  if (wish === 'messages') await stores.consents.stop(userId, origin);
  if (wish === 'marketing') await stores.consents.stopMarketing(userId, origin);
}

/** What a provider's error code says about a person's wish; undefined for nearly every code. */
export function optOutOf(channel: ChannelName, code: string): 'messages' | 'marketing' | undefined {
  return opted[channel]?.[code];
}
