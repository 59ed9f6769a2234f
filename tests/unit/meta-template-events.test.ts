import { describe, expect, it } from 'vitest';
import { readMeta } from '#tests/support/meta-fixtures.ts';
import { metaBatch } from '#tests/support/meta-webhook.ts';

/** What becomes of `message_template_status_update` with an event. */
function told(event: string, more: object = {}) {
  const value = {
    event,
    message_template_id: 1689556908129832,
    message_template_name: 'news',
    message_template_language: 'en_US',
    reason: 'NONE',
    ...more,
  };
  const { events } = readMeta(metaBatch([{ field: 'message_template_status_update', value }]));
  expect(events).toHaveLength(1);
  const [first] = events;
  return first?.kind === 'template' ? first.report : undefined;
}

describe('an event of a template at Meta', () => {
  it.each(['APPROVED', 'FLAGGED', 'REINSTATED', 'UNPAUSED'])('%s leaves it usable', (event) => {
    expect(told(event)).toMatchObject({ state: 'approved', name: 'news', language: 'en_US' });
  });

  it.each([
    'PENDING',
    'REJECTED',
    'PAUSED',
    'DISABLED',
    'IN_APPEAL',
    'PENDING_DELETION',
    'DELETED',
    'ARCHIVED',
    'LIMIT_EXCEEDED',
    'LOCKED',
  ])('%s makes it unusable', (event) => {
    expect(told(event)).toMatchObject({ state: event.toLowerCase() });
  });

  it('that is not known, or leads back to an unknown state, has the account listed', () => {
    expect(told('UNARCHIVED')).toMatchObject({ isEdited: true });
    expect(told('UNARCHIVED')).not.toHaveProperty('unknownEvent');
    expect(told('ENCHANTED')).toMatchObject({ isEdited: true, unknownEvent: 'ENCHANTED' });
    expect(told('constructor')).toMatchObject({ isEdited: true });
    expect(told('ENCHANTED')).not.toHaveProperty('state');
  });

  it('keeps why: the reason, and that people took it badly', () => {
    expect(told('FLAGGED')).toMatchObject({ reason: 'flagged' });
    expect(told('REINSTATED')).toMatchObject({ reason: undefined });
    const rejection_info = { reason: 'The variable stands at the end', recommendation: 'Move it' };
    expect(told('REJECTED', { reason: 'INVALID_FORMAT', rejection_info })).toMatchObject({
      reason: 'INVALID_FORMAT: The variable stands at the end',
    });
  });
});
