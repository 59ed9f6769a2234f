import { digits, graphVersion, origin, text, wholeNumber } from './env-values.ts';
import { secret, variable } from './env-variable.ts';
import { messagePrices } from './message-prices.ts';

/** The variables of the channels: Twilio, Meta, both, or none. */
export const channelEnv = {
  TWILIO_ACCOUNT_SID: variable('Twilio', 'Account SID, AC… from the Twilio console.', '', text),
  TWILIO_AUTH_TOKEN: secret('Twilio', 'Primary auth token; it also verifies webhook signatures.'),
  TWILIO_WHATSAPP_NUMBER: variable(
    'Twilio',
    'Your WhatsApp sender, for instance +14155238886 (the sandbox).',
    '',
    text,
  ),
  TWILIO_CHOICES_CONTENT_SID: variable(
    'Twilio',
    'ContentSid HX… of a quick-reply template that shows choices as two buttons, or that and one with three, comma-separated; empty = numbers in the text.',
    '',
    text,
  ),
  TWILIO_BASE_URL: variable(
    'Twilio',
    "Empty = Twilio's own hosts. Otherwise every Twilio call goes to this origin with its path kept (proxies, tests).",
    '',
    origin,
  ),
  WHATSAPP_ACCESS_TOKEN: secret('Meta', 'Access token of a system user with whatsapp_business_messaging.'),
  WHATSAPP_PHONE_NUMBER_ID: variable(
    'Meta',
    'Id of your number: digits from the API set-up page, not the phone number itself.',
    '',
    digits,
  ),
  WHATSAPP_BUSINESS_ACCOUNT_ID: variable(
    'Meta',
    'Id of the WhatsApp Business Account the number and its templates belong to.',
    '',
    digits,
  ),
  WHATSAPP_VERIFY_TOKEN: secret(
    'Meta',
    'A word of your choice that Meta shows when it verifies the webhook address: GET /webhook/meta (or /webhook).',
  ),
  WHATSAPP_APP_SECRET: secret('Meta', 'Secret of the Meta app; it verifies webhook signatures.'),
  WHATSAPP_WEBHOOK_SECRET: secret('Meta', 'Another name of WHATSAPP_APP_SECRET; set one of them.'),
  NUDGE_TEMPLATE: variable(
    'Channels',
    'Approved template that asks people to write when something waits for them after 24 hours of silence. Meta: its name; Twilio: its ContentSid HX…; both, comma-separated.',
    '',
    text,
  ),
  NUDGE_TEMPLATE_LANGUAGE: variable('Channels', 'Language of the template on Meta.', 'en_US', text),
  BROADCAST_PER_SECOND: variable(
    'Channels',
    'Messages a second that broadcasts hand out, all of them together; Meta takes 80 from most numbers, and other messages count as well.',
    '20',
    wholeNumber(1, 1_000),
  ),
  WHATSAPP_PRICES_USD: variable(
    'Channels',
    "What you pay WhatsApp for a delivered message, in US dollars, for estimates of broadcasts: `marketing=0.025, utility=0.004, +49 marketing=0.1365`. Meta's rates depend on the country and change by quarter.",
    '',
    messagePrices,
  ),
  WHATSAPP_API_VERSION: variable('Meta', 'Version of the Graph API.', 'v26.0', graphVersion),
  WHATSAPP_BASE_URL: variable(
    'Meta',
    'Origin of the Graph API (proxies, tests).',
    'https://graph.facebook.com',
    origin,
  ),
};
