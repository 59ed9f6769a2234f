import type { DeliveryReport, DeliveryState } from '#src/domain/delivery.ts';
import { isParams, lineOf, matchOf, textOf } from '../fields.ts';

/** `SM` or `MM` and 32 hexadecimal digits; the length is left open because it is Twilio's to change. */
const messageSid = /^(?:SM|MM)[0-9A-Za-z]{1,62}$/;

/** Twilio's words for a message of ours (`message_enum_status`); what comes in is `receiving` and `received`. */
const states: Readonly<Record<string, DeliveryState>> = {
  accepted: 'queued',
  scheduled: 'queued',
  queued: 'queued',
  sending: 'queued',
  sent: 'sent',
  delivered: 'delivered',
  partially_delivered: 'delivered',
  read: 'read',
  undelivered: 'failed',
  failed: 'failed',
  canceled: 'failed',
};

/**
 * Reads a status callback, whichever of our addresses it was sent to. Twilio gives no time, so it is the time of arrival. Never
 * throws; undefined for anything else.
 * (https://www.twilio.com/docs/messaging/guides/track-outbound-message-status)
 */
export function readTwilioStatus(body: unknown, now: Date): DeliveryReport | undefined {
  if (!isParams(body)) return undefined;
  const status = (textOf(body, 'MessageStatus', 32) || textOf(body, 'SmsStatus', 32)).trim().toLowerCase();
  const state = Object.hasOwn(states, status) ? states[status] : undefined;
  const providerId = matchOf(body, 'MessageSid', messageSid) ?? matchOf(body, 'SmsSid', messageSid);
  if (!state || !providerId) return undefined;
  const report = { channel: 'twilio', providerId, state, at: now } as const;
  if (state !== 'failed') return report;
  const title = lineOf(body, 'ErrorMessage') ?? lineOf(body, 'ChannelStatusMessage');
  return {
    ...report,
    errorCode: matchOf(body, 'ErrorCode', /^[1-9]\d{0,9}$/) ?? status,
    errorTitle: title && withoutNumbers(title),
  };
}

/** Channels' own words may name the person. */
function withoutNumbers(words: string): string {
  return words.replaceAll(/\+?\d[\d ()-]{6,}\d/g, '…');
}
