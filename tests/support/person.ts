import type { TwilioStandIn } from './twilio-stand-in.ts';
import { mediaMessage, signedWebhook, textMessage, type WebhookParams } from './twilio-webhook.ts';
import { waitFor } from './wait-for.ts';

/** A file to send: its bytes and the type the phone claims. */
export interface SentFile {
  readonly bytes: Uint8Array;
  readonly type: string;
}

/** Somebody who writes to the bot over Twilio. */
export interface Person {
  readonly phone: string;
  /** Sends one text; resolves with the webhook's status. */
  says(text: string, extra?: WebhookParams): Promise<number>;
  /** Sends one message with a file, as WhatsApp does: an album is several of these. */
  sends(file: SentFile, caption?: string): Promise<number>;
  /** Delivers a webhook as it is. */
  delivers(params: WebhookParams): Promise<number>;
  /** Everything heard so far. */
  readonly heard: readonly string[];
  /** Waits for the next message that has not been waited for yet. */
  hears(timeoutMs?: number): Promise<string>;
}

/** Delivers one webhook as Twilio does; resolves with the status, and rejects when nobody answers. */
export async function deliverWebhook(
  productUrl: string,
  authToken: string,
  params: WebhookParams,
): Promise<number> {
  const url = `${productUrl}/webhook`;
  const { headers, body } = signedWebhook({ authToken, url, params });
  // Twilio gives up on a webhook after 15 s.
  const response = await fetch(url, { method: 'POST', headers, body, signal: AbortSignal.timeout(15_000) });
  await response.text();
  return response.status;
}

/** Somebody who writes to the product that answers at `productUrl`, and hears what the stand-in was given for them. */
export function createPerson(deps: {
  phone: string;
  twilio: TwilioStandIn;
  productUrl: () => string;
}): Person {
  const { phone, twilio, productUrl } = deps;
  let listened = 0;
  const heard = () =>
    twilio.sent.filter((message) => message.to === `whatsapp:${phone}`).map((message) => message.body);

  const delivers = (params: WebhookParams) => deliverWebhook(productUrl(), twilio.authToken, params);

  return {
    phone,
    delivers,
    says: (text, extra = {}) => delivers(textMessage({ from: phone, body: text, profileName: 'Ana', extra })),
    sends: (file, caption = '') =>
      delivers(
        mediaMessage({
          from: phone,
          body: caption,
          media: [{ url: twilio.addMedia(file.bytes, file.type), contentType: file.type }],
        }),
      ),
    get heard() {
      return heard();
    },
    async hears(timeoutMs = 20_000) {
      const text = await waitFor(`message ${listened + 1} to ${phone}`, () => heard()[listened], timeoutMs);
      listened += 1;
      return text;
    },
  };
}
