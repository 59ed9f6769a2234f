import { describe, expect, it } from 'vitest';
import { estimateMessage, messagePrices } from '#config/message-prices.ts';

const prices = messagePrices.parse(
  'marketing=0.025, utility = 0.004,+49 marketing=0.1365, +491 Marketing=0.2',
);
const charge = (category: string, phone: string) =>
  estimateMessage(prices, { channel: 'meta', category, phone }).chargeMicros;

describe('the price of a message', () => {
  it('is that of its category, and of the longest beginning of the number', () => {
    expect(charge('marketing', '15550001111')).toBe(25_000);
    expect(charge('marketing', '4930123456')).toBe(136_500);
    expect(charge('marketing', '4917012345')).toBe(200_000);
    expect(charge('utility', '4917012345')).toBe(4_000);
    expect(charge('marketing', '')).toBe(25_000);
  });

  it('is not known where none was named', () => {
    expect(charge('authentication', '15550001111')).toBeNull();
    expect(charge('unknown', '15550001111')).toBeNull();
    expect(messagePrices.parse('')).toEqual([]);
  });

  it('has the fee of the provider beside it', () => {
    const message = { category: 'marketing', phone: '15550001111' };
    expect(estimateMessage(prices, { ...message, channel: 'twilio' })).toEqual({
      feeMicros: 5_000,
      chargeMicros: 25_000,
    });
  });

  it.each(['marketing', 'marketing=', 'marketing=free', 'promotions=1', '49 marketing=1', 'utility=-1'])(
    'is refused with a word when it is none: %s',
    (text) => {
      const { error } = messagePrices.safeParse(`utility=0.1, ${text}`);
      expect(error?.issues[0]?.message).toContain(`"${text}" is no price`);
    },
  );
});
