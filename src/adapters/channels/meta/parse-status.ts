import type { DeliveryReport, DeliveryState } from '#src/domain/delivery.ts';
import type { Clock } from '#src/ports/system.ts';
import { lineOf, type Params, textOf } from '../fields.ts';
import { messageIdOf, objectsOf, timeOf } from './json.ts';
import type { LeftOut, LeftOutReason } from './left-out.ts';
import { readProblem } from './problem.ts';

const states: Readonly<Record<string, DeliveryState>> = {
  accepted: 'queued',
  sent: 'sent',
  delivered: 'delivered',
  read: 'read',
  played: 'played',
  failed: 'failed',
};

/**
 * Turns one entry of `statuses` into a report of something we sent. States that say nothing of its way (`warning`, `deleted`, those
 * of payments) are left out.
 * (https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages/status)
 */
export function parseStatus(status: Params, clock: Clock): DeliveryReport | LeftOut {
  const given = textOf(status, 'status', 64);
  const leaveOut = (leftOut: LeftOutReason): LeftOut => ({ leftOut, what: `status_${given}` });
  const providerId = messageIdOf(status, 'id');
  if (providerId === undefined) return leaveOut('malformed');
  if (textOf(status, 'recipient_type', 64) === 'group') return leaveOut('group');
  const state = Object.hasOwn(states, given) ? states[given] : undefined;
  if (state === undefined) return leaveOut('unknown_state');
  const at = timeOf(status);
  const problem = state === 'failed' ? readProblem(objectsOf(status, 'errors')[0] ?? {}) : undefined;
  return {
    channel: 'meta',
    providerId,
    reference: lineOf(status, 'biz_opaque_callback_data', 512),
    state,
    at: at === undefined ? clock.now() : new Date(at),
    errorCode: problem?.code,
    errorTitle: problem?.title,
  };
}
