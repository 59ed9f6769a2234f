import { randomUUID } from 'node:crypto';
import type { Identity } from '#src/domain/identity.ts';
import type { InboundMessage } from '#src/domain/message.ts';
import { inboundText } from './inbound.ts';

/** A phone number as an identity. */
export const phone = (value: string): Identity => ({ kind: 'phone', scope: '', value });
/** A business-scoped user id. */
export const bsuid = (value: string): Identity => ({ kind: 'bsuid', scope: '', value });
/** A username, which proves nothing. */
export const username = (value: string): Identity => ({ kind: 'username', scope: '', value });

/** Where Meta reaches somebody: digits, or a user id. */
export function metaAddress(sender: readonly Identity[]): string {
  const [first] = sender;
  return first?.kind === 'phone' ? first.value.slice(1) : (first?.value ?? '');
}

/** A text message over Meta. */
export function metaText(
  sender: readonly Identity[],
  text: string,
  more: Partial<InboundMessage> = {},
): InboundMessage {
  return inboundText('', text, {
    channel: 'meta',
    sender,
    replyAddress: metaAddress(sender),
    ownAddress: '106540352242922',
    providerId: `wamid.${randomUUID()}`,
    ...more,
  });
}

/** Meta tells that somebody is known by other identities from now on. */
export function changed(
  from: readonly Identity[],
  current: readonly Identity[],
  more: Partial<InboundMessage> = {},
): InboundMessage {
  const replyAddress = metaAddress(current);
  return metaText(from, '', {
    type: 'unsupported',
    providerType: 'user_changed_number',
    replyAddress,
    change: { kind: 'identities', current, replyAddress },
    ...more,
  });
}
