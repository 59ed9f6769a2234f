import { ProviderRefused, ProviderUnavailable } from '#src/domain/errors.ts';
import type { Channel } from '#src/ports/channel.ts';
import type { TwilioApi } from './client.ts';

type Erase = NonNullable<Channel['erase']>;

/** Nothing has this id any more. */
const gone = new Set(['20404', 'http_404']);
/** "Cannot delete message because delivery has not been completed" (error 20009, HTTP 409). */
const stillOnItsWay = new Set(['20009', 'http_409']);

/** `…/Messages/MM…/Media/ME…`, as webhooks name files. */
const mediaPath = /\/Messages\/(?<message>(?:SM|MM)\w+)\/Media\/(?<media>ME\w+)$/;

/**
 * Deletes messages and files from Twilio's log.
 * @see https://www.twilio.com/docs/messaging/api/message-resource#delete-a-message-resource
 */
export function createErase(api: TwilioApi): Erase {
  return async ({ providerIds, refs }, { signal }) => {
    for (const ref of refs) {
      const { message, media } = (URL.canParse(ref) && mediaPath.exec(new URL(ref).pathname)?.groups) || {};
      // A link of somebody else's host is nothing that Twilio keeps.
      if (!message || !media) continue;
      await remove(() =>
        api.call((client) => client.messages(message).media(media).remove(), { signal, creates: false }),
      );
    }
    for (const sid of providerIds) {
      await remove(() => api.call((client) => client.messages(sid).remove(), { signal, creates: false }));
    }
  };
}

async function remove(call: () => Promise<unknown>): Promise<void> {
  try {
    await call();
  } catch (error) {
    const code = error instanceof ProviderRefused ? (error.vendorCode ?? '') : '';
    if (gone.has(code)) return;
    if (stillOnItsWay.has(code))
      throw new ProviderUnavailable('Twilio still delivers the message', { vendorCode: code, cause: error });
    throw error;
  }
}
