import { expect } from 'vitest';
import type { InboundMessage } from '#src/domain/message.ts';

/** Safe to store: no NUL bytes, no half characters, nothing without an end, nothing but JSON. */
export function expectStorable(message: InboundMessage): void {
  expect(message.providerId).toMatch(/^[^\s./\\][\x21-\x5b\x5d-\x7e]{0,255}$/);
  expect(message.sender.length).toBeGreaterThan(0);
  expect(message.replyAddress).toMatch(/^(?:\d{6,15}|[A-Z]{2}\.[A-Za-z0-9.]{1,132})$/);
  expect(message.ownAddress).toMatch(/^[\w-]{0,64}$/);
  expect(message.text.length).toBeLessThanOrEqual(65_536);
  expect(message.note?.length ?? 0).toBeLessThanOrEqual(8_000);
  expect(message.profileName ?? 'x').toMatch(/^\P{Cc}{1,256}$/u);
  expect(message.providerType ?? 'x').toMatch(/^[a-z0-9_-]{1,64}$/);
  expect(message.sentAtMs === undefined || Number.isSafeInteger(message.sentAtMs)).toBe(true);
  for (const { ref, declaredType } of message.attachments) {
    expect(ref.length).toBeLessThanOrEqual(512);
    expect(declaredType).toMatch(/^(?:[a-z]+\/[a-z0-9][a-z0-9!#$&^_.+-]*)?$/);
  }
  const stored = JSON.stringify(message);
  expect(stored).not.toContain('\\u0000');
  expect(/\\ud[89a-f]/.test(stored)).toBe(false);
  expect(stored.length).toBeLessThan(200_000);
}
