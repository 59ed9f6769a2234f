import type { InboundMessage } from '#src/domain/message.ts';
import { degreesOf, isParams, lineOf, matchOf, type Params, safeName, textOf } from '../fields.ts';
import { readAttachments } from './attachments.ts';
import { decideType } from './message-type.ts';
import { readOwnAddress, readSender } from './sender.ts';

/** `SM` or `MM` and 32 hexadecimal digits; the length is left open because it is Twilio's to change. */
const messageSid = /^(?:SM|MM)[0-9A-Za-z]{1,62}$/;

/**
 * Turns Twilio's form into messages: one, or none when it is no message from a person (a status callback, a channel other than
 * WhatsApp) or has no id or sender. Reads what it knows, ignores the rest, never throws. `ChannelMetadata` only repeats other
 * parameters and is not read.
 */
export function parseTwilioWebhook(body: unknown): InboundMessage[] {
  if (!isParams(body) || isStatusCallback(body)) return [];
  const providerId =
    matchOf(body, 'MessageSid', messageSid) ??
    matchOf(body, 'SmsMessageSid', messageSid) ??
    matchOf(body, 'SmsSid', messageSid);
  const sender = readSender(body);
  const ownAddress = readOwnAddress(body);
  // Our own words coming back must never be answered.
  if (!providerId || !sender || sender.replyAddress === ownAddress) return [];

  const attachments = readAttachments(body);
  const location = readLocation(body);
  const messageType = textOf(body, 'MessageType', 64).trim().toLowerCase();
  const button = readButton(body, messageType);
  const type = decideType({
    messageType,
    attachments,
    hasLocation: location !== undefined,
    hasButton: button !== undefined,
  });
  return [
    {
      channel: 'twilio',
      providerId,
      sender: sender.identities,
      replyAddress: sender.replyAddress,
      ownAddress,
      profileName: lineOf(body, 'ProfileName'),
      type,
      // May be empty even for `text`: an empty message is still one that somebody sent.
      text: textOf(body, 'Body'),
      attachments,
      location,
      button,
      quotedProviderId: matchOf(body, 'OriginalRepliedMessageSid', messageSid),
      forwarded: [textOf(body, 'Forwarded', 8), textOf(body, 'FrequentlyForwarded', 8)].includes('true'),
      providerType: type === 'unsupported' ? safeName(messageType) : undefined,
    },
  ];
}

/** Status callbacks may be sent to the same address. What comes in is `received`. */
function isStatusCallback(params: Params): boolean {
  const status = textOf(params, 'MessageStatus', 32) || textOf(params, 'SmsStatus', 32) || 'received';
  return status !== 'received' && status !== 'receiving';
}

function readLocation(params: Params): InboundMessage['location'] {
  const latitude = degreesOf(params, 'Latitude', 90);
  const longitude = degreesOf(params, 'Longitude', 180);
  if (latitude === undefined || longitude === undefined) return undefined;
  return { latitude, longitude, name: lineOf(params, 'Label'), address: lineOf(params, 'Address', 1024) };
}

/** A tapped quick reply, or an entry picked from a list; its label is also the body. */
function readButton(params: Params, messageType: string): InboundMessage['button'] {
  const named = messageType === 'button' || messageType === 'interactive';
  const text =
    lineOf(params, 'ButtonText', 1024) ??
    lineOf(params, 'ListTitle', 1024) ??
    (named ? lineOf(params, 'Body', 1024) : undefined);
  const payload = lineOf(params, 'ButtonPayload', 1024) ?? lineOf(params, 'ListId', 1024);
  return text || payload ? { text: text ?? '', payload } : undefined;
}
