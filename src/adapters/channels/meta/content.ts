import type { InboundMessage } from '#src/domain/message.ts';
import { safeName } from '../fields.ts';

/** What a message says, whoever said it. */
export type Content = Pick<InboundMessage, 'type' | 'text'> &
  Partial<
    Pick<InboundMessage, 'attachments' | 'location' | 'button' | 'note' | 'quotedProviderId' | 'providerType'>
  >;

/** A message that we cannot read, under Meta's name. */
export const unreadable = (providerType: string): Content => ({
  type: 'unsupported',
  text: '',
  providerType: safeName(providerType),
});
