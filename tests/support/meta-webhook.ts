import { createHmac, randomBytes } from 'node:crypto';

/** Our own number in tests: what Meta calls a phone number id, and what people see of it. */
export const metaNumber = { phoneNumberId: '106540352242922', display: '15550783881' };
/** The WhatsApp Business Account it belongs to. */
export const metaAccountId = '102290129340398';

/** A fresh message id as Meta makes them. */
export function newWamid(): string {
  return `wamid.${Buffer.concat([Buffer.from('HBgL'), randomBytes(24)]).toString('base64')}`;
}

/** A fresh media id: digits, and more of them than a number of JavaScript holds. */
export function newMediaId(): string {
  return String(10n ** 15n + (randomBytes(8).readBigUInt64BE() % 10n ** 16n));
}

/** Somebody who writes. Without a phone it is a person whose number WhatsApp hides. */
export interface MetaPerson {
  /** Digits of the number, without plus. */
  readonly phone?: string | undefined;
  /** Business-scoped user id. */
  readonly bsuid: string;
  readonly parentBsuid?: string | undefined;
  readonly username?: string | undefined;
  readonly name?: string | undefined;
}

/** Somebody whose number is known. */
export const ana: MetaPerson = { phone: '15550001111', bsuid: 'US.13491208655302741918', name: 'Ana' };
/** Somebody whose number is hidden. */
export const hidden: MetaPerson = { bsuid: 'US.99120865530274191800', username: '@luis', name: 'Luis' };

/** What every kind of message has. */
export interface MetaOrigin {
  readonly from: MetaPerson;
  readonly id?: string;
  readonly at?: Date;
  /** The message it answers: one of ours. */
  readonly quotes?: string;
  /** Anything else in the message, or other values for what is set here. */
  readonly extra?: Readonly<Record<string, unknown>>;
}

/** One entry of `value.messages`, with the person it is of. */
export interface MetaMessage {
  readonly person: MetaPerson;
  readonly message: Readonly<Record<string, unknown>>;
}

/** A text. */
export function metaText(message: MetaOrigin & { readonly body: string }): MetaMessage {
  return inbound(message, 'text', { body: message.body });
}

/** A file that the stand-in, or nobody, keeps under `mediaId`. */
export interface MetaFile {
  readonly mediaId: string;
  readonly mimeType?: string;
}

/** A photo. */
export function metaImage(message: MetaOrigin & MetaFile & { readonly caption?: string }): MetaMessage {
  return inbound(message, 'image', { ...fileOf(message, 'image/jpeg'), ...captionOf(message) });
}

/** A voice note, or with `voice: false` another recording. */
export function metaAudio(message: MetaOrigin & MetaFile & { readonly voice?: boolean }): MetaMessage {
  const file = fileOf(message, 'audio/ogg; codecs=opus');
  return inbound(message, 'audio', { ...file, voice: message.voice ?? true });
}

/** A document. */
export function metaDocument(
  message: MetaOrigin & MetaFile & { readonly fileName: string; readonly caption?: string },
): MetaMessage {
  const file = fileOf(message, 'application/pdf');
  return inbound(message, 'document', { ...file, filename: message.fileName, ...captionOf(message) });
}

/** A tapped button of ours, or with `kind: 'list'` a picked row. */
export function metaReply(
  message: MetaOrigin & {
    readonly payload: string;
    readonly title: string;
    readonly kind?: 'button' | 'list';
  },
): MetaMessage {
  const type = `${message.kind ?? 'button'}_reply`;
  return inbound(message, 'interactive', { type, [type]: { id: message.payload, title: message.title } });
}

/** What became of something we sent; one entry of `value.statuses`. */
export interface MetaStatus {
  readonly id: string;
  readonly status: 'sent' | 'delivered' | 'read' | 'played' | 'failed';
  readonly to: MetaPerson;
  readonly at?: Date | undefined;
  /** Our own id of the part, as it was sent along. */
  readonly reference?: string | undefined;
  readonly error?: { readonly code: number; readonly title: string; readonly details?: string } | undefined;
}

/** A webhook body: one change with these messages and statuses. Several bodies make a batch in `metaBatch`. */
export function metaBody(
  content: { readonly messages?: readonly MetaMessage[]; readonly statuses?: readonly MetaStatus[] },
  number = metaNumber,
): MetaBody {
  const { messages = [], statuses = [] } = content;
  // A failed message comes without contacts.
  const told = statuses.filter(({ status }) => status !== 'failed').map(({ to }) => to);
  const people = [...new Set([...messages.map(({ person }) => person), ...told])];
  return metaBatch([
    {
      field: 'messages',
      value: {
        messaging_product: 'whatsapp',
        metadata: { display_phone_number: number.display, phone_number_id: number.phoneNumberId },
        ...(people.length > 0 && { contacts: people.map(contactOf) }),
        ...(messages.length > 0 && { messages: messages.map(({ message }) => message) }),
        ...(statuses.length > 0 && { statuses: statuses.map(statusOf) }),
      },
    },
  ]);
}

/** What Meta posts. */
export interface MetaBody {
  readonly object: 'whatsapp_business_account';
  readonly entry: readonly { readonly id: string; readonly changes: readonly MetaChange[] }[];
}

/** One change; `value` may be anything, also what makes no sense. */
export interface MetaChange {
  readonly field: string;
  readonly value: unknown;
}

/** A webhook body of any changes. */
export function metaBatch(changes: readonly MetaChange[]): MetaBody {
  return { object: 'whatsapp_business_account', entry: [{ id: metaAccountId, changes }] };
}

/** The bytes a body travels as (other than ASCII escaped, as Meta does) and the headers that prove it is Meta's. */
export function signedMetaWebhook(webhook: { readonly appSecret: string; readonly body: unknown }): {
  headers: Record<string, string>;
  body: string;
} {
  const body = JSON.stringify(webhook.body).replace(
    /[^\0-\x7f]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  const hex = createHmac('sha256', webhook.appSecret).update(body).digest('hex');
  return {
    headers: {
      'content-type': 'application/json',
      'user-agent': 'facebookexternalua',
      'x-hub-signature-256': `sha256=${hex}`,
    },
    body,
  };
}

function inbound(origin: MetaOrigin, type: string, content: object): MetaMessage {
  const { from: person, id = newWamid(), at = new Date(), quotes, extra } = origin;
  const message = {
    ...(person.phone !== undefined && { from: person.phone }),
    from_user_id: person.bsuid,
    ...(person.parentBsuid !== undefined && { from_parent_user_id: person.parentBsuid }),
    ...(quotes !== undefined && { context: { from: metaNumber.display, id: quotes } }),
    id,
    timestamp: secondsOf(at),
    type,
    [type]: content,
    ...extra,
  };
  return { person, message };
}

function contactOf({ phone, bsuid, parentBsuid, username, name = 'Ana' }: MetaPerson): object {
  return {
    profile: { name, ...(username !== undefined && { username }) },
    ...(phone !== undefined && { wa_id: phone }),
    user_id: bsuid,
    ...(parentBsuid !== undefined && { parent_user_id: parentBsuid }),
  };
}

function statusOf({ id, status, to, at = new Date(), reference, error }: MetaStatus): object {
  return {
    id,
    status,
    timestamp: secondsOf(at),
    ...(to.phone !== undefined && { recipient_id: to.phone }),
    recipient_user_id: to.bsuid,
    ...(status === 'sent' && {
      pricing: { billable: true, pricing_model: 'PMP', type: 'regular', category: 'service' },
    }),
    ...(error && {
      errors: [
        {
          code: error.code,
          title: error.title,
          message: error.title,
          error_data: { details: error.details ?? error.title },
          href: 'https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes/',
        },
      ],
    }),
    ...(reference !== undefined && { biz_opaque_callback_data: reference }),
  };
}

function fileOf({ mediaId, mimeType }: MetaFile, usualType: string): object {
  const sha256 = createHmac('sha256', mediaId).digest('base64');
  return { mime_type: mimeType ?? usualType, sha256, id: mediaId };
}

function captionOf({ caption }: { readonly caption?: string }): object {
  return caption === undefined ? {} : { caption };
}

function secondsOf(at: Date): string {
  return String(Math.floor(at.getTime() / 1000));
}
