import { randomBytes } from 'node:crypto';
import twilio from 'twilio';

/** A webhook's parameters; a list is a parameter given several times. */
export type WebhookParams = Readonly<Record<string, string | readonly string[]>>;

/** Our sender in tests: the number of Twilio's sandbox. */
export const sandboxNumber = '+14155238886';

/** A fresh id as Twilio makes them, for instance `SM` and 32 hexadecimal digits. */
export function newSid(prefix: 'AC' | 'SM' | 'MM' | 'ME'): string {
  return prefix + randomBytes(16).toString('hex');
}

/** The form a webhook arrives as, and the headers that prove it is Twilio's. `url` is the public one, query included. */
export function signedWebhook(webhook: {
  readonly authToken: string;
  readonly url: string;
  readonly params: WebhookParams;
}): { headers: Record<string, string>; body: string } {
  const form = new URLSearchParams();
  for (const [name, value] of Object.entries(webhook.params)) {
    for (const item of typeof value === 'string' ? [value] : value) form.append(name, item);
  }
  return {
    headers: {
      'content-type': 'application/x-www-form-urlencoded; charset=UTF-8',
      'user-agent': 'TwilioProxy/1.1',
      'i-twilio-idempotency-token': newSid('SM').slice(2),
      'x-twilio-signature': twilio.getExpectedTwilioSignature(webhook.authToken, webhook.url, {
        ...webhook.params,
      }),
    },
    body: form.toString(),
  };
}

/** Who writes, and what every kind of message has. */
export interface Origin {
  /** E.164 with plus. */
  readonly from: string;
  /** E.164 with plus; the sandbox number by default. */
  readonly to?: string;
  readonly profileName?: string;
  readonly messageSid?: string;
  readonly accountSid?: string;
  /** Business-scoped user id, `US.1349…`; derived from the number by default. */
  readonly bsuid?: string;
  /** Anything else, or other values for what is set here. */
  readonly extra?: WebhookParams;
}

/** Parameters of a text. */
export function textMessage(
  message: Origin & { readonly body: string },
): Record<string, string | readonly string[]> {
  return inbound(message, { MessageType: 'text', Body: message.body });
}

/** Parameters of a message with files. The type follows the first file unless given. */
export function mediaMessage(
  message: Origin & {
    readonly media: readonly { readonly url: string; readonly contentType: string }[];
    /** The caption. */
    readonly body?: string;
    readonly messageType?: string;
  },
): Record<string, string | readonly string[]> {
  const params: Record<string, string> = { Body: message.body ?? '', NumMedia: String(message.media.length) };
  message.media.forEach(({ url, contentType }, i) => {
    params[`MediaUrl${i}`] = url;
    params[`MediaContentType${i}`] = contentType;
  });
  const [family] = (message.media[0]?.contentType ?? 'text').split('/', 1);
  params.MessageType =
    message.messageType ?? (/^(?:image|audio|video)$/.test(family ?? '') ? (family ?? '') : 'document');
  return inbound(message, params);
}

/** Parameters of a shared place. */
export function locationMessage(
  message: Origin & { latitude: number; longitude: number; label?: string; address?: string },
): Record<string, string | readonly string[]> {
  return inbound(message, {
    MessageType: 'location',
    Body: '',
    Latitude: String(message.latitude),
    Longitude: String(message.longitude),
    ...(message.label === undefined ? {} : { Label: message.label }),
    ...(message.address === undefined ? {} : { Address: message.address }),
  });
}

/** Parameters of a tapped button under one of our messages. */
export function buttonReply(
  message: Origin & { text: string; payload: string; repliedSid: string },
): Record<string, string | readonly string[]> {
  return inbound(message, {
    MessageType: 'interactive',
    Body: message.text,
    ButtonText: message.text,
    ButtonPayload: message.payload,
    OriginalRepliedMessageSid: message.repliedSid,
    OriginalRepliedMessageSender: `whatsapp:${message.to ?? sandboxNumber}`,
  });
}

/** Parameters of a status callback for one of our messages. */
export function statusCallback(status: {
  readonly sid: string;
  readonly status: string;
  readonly to: string;
  readonly errorCode?: number;
}): Record<string, string> {
  return {
    MessageSid: status.sid,
    SmsSid: status.sid,
    MessageStatus: status.status,
    SmsStatus: status.status,
    From: `whatsapp:${sandboxNumber}`,
    To: `whatsapp:${status.to}`,
    ApiVersion: '2010-04-01',
    AccountSid: newSid('AC'),
    ChannelPrefix: 'whatsapp',
    ...(status.errorCode === undefined ? {} : { ErrorCode: String(status.errorCode) }),
  };
}

function inbound(origin: Origin, kind: WebhookParams): Record<string, string | readonly string[]> {
  const sid = origin.messageSid ?? newSid('SM');
  const waId = origin.from.replace('+', '');
  const profileName = origin.profileName ?? 'Ana';
  return {
    MessageSid: sid,
    SmsMessageSid: sid,
    SmsSid: sid,
    AccountSid: origin.accountSid ?? newSid('AC'),
    ApiVersion: '2010-04-01',
    From: `whatsapp:${origin.from}`,
    To: `whatsapp:${origin.to ?? sandboxNumber}`,
    WaId: waId,
    ExternalUserId: `whatsapp:${origin.bsuid ?? `US.9${waId}`}`,
    ProfileName: profileName,
    NumMedia: '0',
    NumSegments: '1',
    ReferralNumMedia: '0',
    SmsStatus: 'received',
    Forwarded: 'false',
    FrequentlyForwarded: 'false',
    ChannelMetadata: JSON.stringify({
      type: 'whatsapp',
      data: { context: { ProfileName: profileName, WaId: waId } },
    }),
    ...kind,
    ...origin.extra,
  };
}
