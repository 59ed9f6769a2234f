import type { MetaStandIn } from './meta-stand-in.ts';
import type { OpenAiStandIn } from './openai-stand-in.ts';
import type { TwilioStandIn } from './twilio-stand-in.ts';

/** The Twilio account of tests and benchmarks. */
export const testAccount = {
  accountSid: `AC${'1'.repeat(32)}`,
  authToken: 'the-auth-token-of-the-tests',
} as const;

/** What takes the vendors' place. */
interface Vendors {
  readonly twilio: Pick<TwilioStandIn, 'accountSid' | 'authToken' | 'url' | 'cdnUrl'>;
  readonly openai: Pick<OpenAiStandIn, 'url'>;
  /** The key the model is called with. */
  readonly openAiKey?: string;
}

/** Settings with which the product talks to stand-ins instead of Twilio and OpenAI. */
export function vendorSettings({ twilio, openai, openAiKey = 'sk-test' }: Vendors): Record<string, string> {
  return {
    TWILIO_ACCOUNT_SID: twilio.accountSid,
    TWILIO_AUTH_TOKEN: twilio.authToken,
    TWILIO_WHATSAPP_NUMBER: '+14155238886',
    TWILIO_BASE_URL: twilio.url,
    MEDIA_EXTRA_ORIGINS: twilio.cdnUrl,
    OPENAI_API_KEY: openAiKey,
    OPENAI_BASE_URL: openai.url,
    OPENAI_API: 'responses',
  };
}

/** Settings with which the product talks to a stand-in instead of Meta. */
export function metaSettings(
  meta: Pick<MetaStandIn, 'accessToken' | 'appSecret' | 'phoneNumberId' | 'apiVersion' | 'url'>,
): Record<string, string> {
  return {
    WHATSAPP_ACCESS_TOKEN: meta.accessToken,
    WHATSAPP_PHONE_NUMBER_ID: meta.phoneNumberId,
    WHATSAPP_APP_SECRET: meta.appSecret,
    WHATSAPP_VERIFY_TOKEN: 'a word',
    WHATSAPP_API_VERSION: meta.apiVersion,
    WHATSAPP_BASE_URL: meta.url,
  };
}
