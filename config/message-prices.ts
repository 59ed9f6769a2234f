import type { ChannelName } from '#src/domain/identity.ts';

/** The day this table was last edited. It was not checked against anybody's bill: put in what you pay. */
export const messagePricesAsOf = '2026-11-21';

/** What WhatsApp bills a message as; `service` is free text within 24 hours. */
export type MessageCategory = 'marketing' | 'utility' | 'authentication' | 'service';

/**
 * What WhatsApp charges for a delivered message, in millionths of a US dollar. It depends on the person's country and changes by
 * quarter, so none is assumed: put in what you pay where your people live. A null price is not known.
 */
const chargeMicros: Readonly<Record<MessageCategory, number | null>> = {
  marketing: null,
  utility: null,
  authentication: null,
  service: null,
};

/** What the provider adds to each message; Twilio's is its list price without a discount. */
const feeMicros: Readonly<Record<ChannelName, number>> = { twilio: 5_000, meta: 0, simulator: 0 };

/** What a message is expected to cost, in millionths of a US dollar: the provider's fee, and WhatsApp's charge where it is known. */
export function estimateMessage(
  channel: ChannelName,
  category: MessageCategory,
): { feeMicros: number; chargeMicros: number | null } {
  return {
    feeMicros: feeMicros[channel],
    chargeMicros: channel === 'simulator' ? 0 : chargeMicros[category],
  };
}
