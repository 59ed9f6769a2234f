import { isParams, lineOf, type Params } from '../fields.ts';
import { numberOf, wordOf } from './json.ts';

const maxItems = 50;

/** An order from the catalog in plain words, with totals by currency; undefined when nothing is ordered. */
export function describeOrder(items: readonly unknown[]): string | undefined {
  const readable = items.filter(isParams);
  if (readable.length === 0) return undefined;
  const totals = new Map<string, number>();
  let isComplete = readable.length === items.length;
  for (const item of readable) {
    const { quantity, price, currency } = readItem(item);
    if (quantity === undefined || price === undefined) isComplete = false;
    else totals.set(currency, (totals.get(currency) ?? 0) + quantity * price);
  }
  const lines = readable.slice(0, maxItems).map(describeItem);
  if (readable.length > maxItems) lines.push(`${readable.length - maxItems} more`);
  const total = [...totals].slice(0, 10).map(([currency, sum]) => amount(sum, currency));
  return `Order from the catalog: ${lines.join('; ')}. Total: ${isComplete ? total.join(' and ') : 'not known'}.`;
}

function describeItem(item: Params): string {
  const { name, quantity, price, currency } = readItem(item);
  const each = price === undefined ? '' : ` at ${amount(price, currency)}`;
  return `${quantity ?? '?'} × ${name}${each}`;
}

function readItem(item: Params) {
  return {
    name: (lineOf({ id: wordOf(item, 'product_retailer_id', 100) }, 'id', 100) ?? 'unnamed') as string,
    quantity: inRange(numberOf(item, 'quantity')),
    price: inRange(numberOf(item, 'item_price')),
    currency: (lineOf(item, 'currency', 8) ?? '') as string,
  };
}

function inRange(number: number | undefined): number | undefined {
  return number !== undefined && number >= 0 && number <= 1e12 ? number : undefined;
}

/** Sums of decimal fractions are a little beside them: 0.1 + 0.2. */
function amount(sum: number, currency: string): string {
  return `${Math.round(sum * 100) / 100} ${currency}`.trim();
}
