import type { Env } from './env.ts';
import { Secret } from './secret.ts';

/** How the product speaks to Twilio. */
export interface TwilioSettings {
  readonly accountSid: string;
  readonly authToken: Secret;
  /** E.164 with plus; '' when unset, then answers go out from the number that was written to. */
  readonly number: string;
  readonly baseUrl: string | undefined;
  /** ContentSids of quick-reply templates: with two buttons, and with three. */
  readonly choiceTemplates: readonly string[];
}

/** How the product speaks to Meta's Cloud API. */
export interface MetaSettings {
  readonly accessToken: Secret;
  readonly appSecret: Secret;
  readonly phoneNumberId: string;
  /** Undefined when unset: templates cannot be listed then. */
  readonly businessAccountId: string | undefined;
  /** `v26.0` */
  readonly apiVersion: string;
  /** An origin. */
  readonly baseUrl: string;
}

/** The templates that ask people to write. */
export interface NudgeSettings {
  /** A ContentSid; undefined when unset. */
  readonly twilio: string | undefined;
  /** Undefined when unset. */
  readonly meta: { readonly name: string; readonly language: string } | undefined;
}

const contentSid = /^HX[0-9a-fA-F]{32}$/;
/** "may only contain lowercase alphanumeric characters and underscores" */
const templateName = /^[a-z0-9_]{1,512}$/;

/** Which template is whose is told by its form. */
export function toNudges(values: Env): NudgeSettings {
  const names = namesIn(values.NUDGE_TEMPLATE);
  const meta = names.find((name) => templateName.test(name));
  return {
    twilio: names.find((name) => contentSid.test(name)),
    meta: meta === undefined ? undefined : { name: meta, language: values.NUDGE_TEMPLATE_LANGUAGE },
  };
}

function nudgeProblems({
  NUDGE_TEMPLATE: given = '',
  NUDGE_TEMPLATE_LANGUAGE: language,
}: Partial<Env>): string[] {
  const names = namesIn(given);
  const isUnknown = (name: string) => !contentSid.test(name) && !templateName.test(name);
  const isTwice = [contentSid, templateName].some(
    (form) => names.filter((name) => form.test(name)).length > 1,
  );
  const isNoLanguage = language !== undefined && !/^[a-z]{2,3}(_[A-Za-z]{2,4})?$/.test(language);
  return [
    ...(names.some(isUnknown) || isTwice
      ? [
          'NUDGE_TEMPLATE must be the name of a template on Meta (lower case, digits, _), a ContentSid (HX…) on Twilio, or one of each, comma-separated.',
        ]
      : []),
    ...(isNoLanguage ? ['NUDGE_TEMPLATE_LANGUAGE must be a language code such as en or en_US.'] : []),
  ];
}

function choiceProblems({ TWILIO_CHOICES_CONTENT_SID: given = '' }: Partial<Env>): string[] {
  const names = namesIn(given);
  return names.length > 2 || names.some((name) => !contentSid.test(name))
    ? [
        'TWILIO_CHOICES_CONTENT_SID must be the ContentSid (HX…) of a quick-reply template with two buttons, or that and one with three, comma-separated.',
      ]
    : [];
}

function namesIn(list: string): string[] {
  return list.split(',').flatMap((name) => name.trim() || []);
}

/** Undefined until an auth token is set: without it no webhook can be verified. */
export function toTwilio(values: Env, number: string): TwilioSettings | undefined {
  if (!values.TWILIO_AUTH_TOKEN) return undefined;
  return {
    accountSid: values.TWILIO_ACCOUNT_SID,
    authToken: new Secret(values.TWILIO_AUTH_TOKEN),
    number,
    baseUrl: values.TWILIO_BASE_URL ? new URL(values.TWILIO_BASE_URL).origin : undefined,
    choiceTemplates: namesIn(values.TWILIO_CHOICES_CONTENT_SID),
  };
}

/** Undefined until token, number and app secret are set: without one of them nothing can be sent, or nothing believed. */
export function toMeta(values: Env): MetaSettings | undefined {
  const appSecret = appSecretOf(values);
  if (!values.WHATSAPP_ACCESS_TOKEN || !values.WHATSAPP_PHONE_NUMBER_ID || !appSecret) return undefined;
  return {
    accessToken: new Secret(values.WHATSAPP_ACCESS_TOKEN),
    appSecret: new Secret(appSecret),
    phoneNumberId: values.WHATSAPP_PHONE_NUMBER_ID,
    businessAccountId: values.WHATSAPP_BUSINESS_ACCOUNT_ID || undefined,
    apiVersion: values.WHATSAPP_API_VERSION,
    baseUrl: new URL(values.WHATSAPP_BASE_URL || 'https://graph.facebook.com').origin,
  };
}

/** What contradicts itself in any environment. */
export function channelProblems(values: Partial<Env>): string[] {
  const { WHATSAPP_APP_SECRET: name, WHATSAPP_WEBHOOK_SECRET: alias } = values;
  const others = [...nudgeProblems(values), ...choiceProblems(values)];
  return name && alias && name !== alias
    ? [
        'WHATSAPP_APP_SECRET and WHATSAPP_WEBHOOK_SECRET are two names of one thing but differ: set one of them.',
        ...others,
      ]
    : others;
}

const needed = {
  TWILIO_ACCOUNT_SID: 'copy the Account SID (AC…) from the Twilio console.',
  TWILIO_AUTH_TOKEN:
    'copy the primary auth token from the Twilio console; webhooks cannot be verified without it.',
  TWILIO_WHATSAPP_NUMBER: 'set your WhatsApp sender, such as +14155238886 for the sandbox.',
  WHATSAPP_ACCESS_TOKEN:
    'make a token for a system user with whatsapp_business_messaging in the Meta business settings.',
  WHATSAPP_PHONE_NUMBER_ID: "copy the phone number's id (digits) from the app's WhatsApp set-up page.",
  WHATSAPP_VERIFY_TOKEN: 'choose a word and enter the same one where Meta asks for the webhook address.',
  WHATSAPP_APP_SECRET:
    "copy the app secret from the app's basic settings; webhooks cannot be verified without it.",
} as const satisfies Partial<Record<keyof Env, string>>;

const twilioNames = ['TWILIO_ACCOUNT_SID', 'TWILIO_AUTH_TOKEN', 'TWILIO_WHATSAPP_NUMBER'] as const;
const metaNames = [
  'WHATSAPP_ACCESS_TOKEN',
  'WHATSAPP_PHONE_NUMBER_ID',
  'WHATSAPP_VERIFY_TOKEN',
  'WHATSAPP_APP_SECRET',
] as const;

/**
 * What is missing of a channel that is configured in part; each channel stands for itself, and none at all leaves the chat page.
 * A verify token alone configures nothing: it has been of use without Meta, too.
 */
export function halfConfigured(values: Partial<Env>): string[] {
  const appSecret = appSecretOf(values);
  const given = { ...values, ...(appSecret !== undefined && { WHATSAPP_APP_SECRET: appSecret }) };
  const missingOf = (names: readonly (keyof typeof needed)[], signs: readonly (keyof Env)[]) =>
    signs.some((name) => given[name]) ? names.filter((name) => given[name] === '') : [];
  const missing = [
    ...missingOf(twilioNames, twilioNames),
    ...missingOf(metaNames, [
      'WHATSAPP_ACCESS_TOKEN',
      'WHATSAPP_PHONE_NUMBER_ID',
      'WHATSAPP_APP_SECRET',
      'WHATSAPP_BUSINESS_ACCOUNT_ID',
    ]),
  ];
  return missing.map((name) => `${name} is missing: ${needed[name]}`);
}

function appSecretOf(values: Partial<Env>): string | undefined {
  return values.WHATSAPP_APP_SECRET || values.WHATSAPP_WEBHOOK_SECRET;
}
