import { randomUUID } from 'node:crypto';
import type { InboundMessage } from '#src/domain/message.ts';

/** A text message as a channel would parse it. */
export function inboundText(phone: string, text: string, more: Partial<InboundMessage> = {}): InboundMessage {
  return {
    channel: 'twilio',
    providerId: `SM${randomUUID().replaceAll('-', '')}`,
    sender: [{ kind: 'phone', scope: '', value: phone }],
    replyAddress: `whatsapp:${phone}`,
    ownAddress: 'whatsapp:+14155238886',
    type: 'text',
    text,
    attachments: [],
    ...more,
  };
}
