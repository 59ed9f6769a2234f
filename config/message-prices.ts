import { z } from 'zod';
import type { ChannelName } from '#src/domain/identity.ts';

/** The day the fees were last edited. They were not checked against anybody's bill. */
export const messagePricesAsOf = '2026-11-21';

/** What WhatsApp bills a message as; `service` is free text within 24 hours. */
export const messageCategories = ['marketing', 'utility', 'authentication', 'service'] as const;
export type MessageCategory = (typeof messageCategories)[number];

/** What the owner pays WhatsApp for a delivered message. It depends on the person's country and changes by quarter. */
export interface MessagePrice {
  readonly category: MessageCategory;
  /** Digits that the phone numbers begin with which it is for; '' for all others. */
  readonly prefix: string;
  /** Millionths of a US dollar. */
  readonly micros: number;
}

const entry = new RegExp(
  `^(?:\\+(\\d{1,7})\\s+)?(${messageCategories.join('|')})\\s*=\\s*(\\d+(?:\\.\\d+)?)$`,
);

/** Reads `marketing=0.025, utility=0.004, +49 marketing=0.1365`. */
export const messagePrices = z.string().transform((text, context): readonly MessagePrice[] =>
  text
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '')
    .flatMap((one) => {
      const [, prefix = '', category, dollars] = entry.exec(one.toLowerCase()) ?? [];
      if (category) {
        const micros = Math.round(Number(dollars) * 1_000_000);
        return [{ category: category as MessageCategory, prefix, micros }];
      }
      context.addIssue({
        code: 'custom',
        message: `"${one}" is no price: it should look like marketing=0.025 or +49 marketing=0.1365`,
      });
      return [];
    }),
);

/** What the provider adds to each message; Twilio's is its list price without a discount. */
const feeMicros: Readonly<Record<ChannelName, number>> = { twilio: 5_000, meta: 0, simulator: 0 };

/**
 * What a message is expected to cost, in millionths of a US dollar: the provider's fee, and WhatsApp's charge, null where the owner
 * has named none.
 * @param message.phone digits of the person's phone, '' where it is not known
 */
export function estimateMessage(
  prices: readonly MessagePrice[],
  message: { readonly channel: ChannelName; readonly category: string; readonly phone: string },
): { feeMicros: number; chargeMicros: number | null } {
  const { channel, category, phone } = message;
  const suitable = prices.filter((price) => price.category === category && phone.startsWith(price.prefix));
  const closest = suitable.toSorted((one, other) => other.prefix.length - one.prefix.length)[0];
  return {
    feeMicros: feeMicros[channel],
    chargeMicros: channel === 'simulator' ? 0 : (closest?.micros ?? null),
  };
}
