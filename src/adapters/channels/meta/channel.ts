import { ProviderUnavailable } from '#src/domain/errors.ts';
import { withNumberedChoices } from '#src/domain/numbered-choices.ts';
import type { Channel, OutboundPart } from '#src/ports/channel.ts';
import type { Exchange } from '#src/ports/exchange.ts';
import type { FetchFile } from '#src/ports/media.ts';
import type { Log } from '#src/ports/system.ts';
import { interactiveOf } from './choices-to-tap.ts';
import { explainMetaCode } from './explain.ts';
import { fieldOf, isGone } from './failed-call.ts';
import { createMediaFetch, isMediaId } from './fetch-media.ts';
import { createGraphApi } from './graph-api.ts';
import { createMediaRules } from './media-rules.ts';
import { uploadFile } from './outbound-file.ts';
import { recipientOf } from './recipient.ts';
import { templateOf } from './template.ts';

/** What the Meta channel needs. */
export interface MetaChannelDeps {
  /** '' refuses every call. */
  readonly accessToken: string;
  /** Our sender: the id of the phone number, not the number. */
  readonly phoneNumberId: string;
  /** `v26.0` */
  readonly apiVersion: string;
  /** `https://graph.facebook.com`, or what stands in for it; links to media may be on its origin too. */
  readonly baseUrl: string;
  /** Further exact origins media may come from. The access token is sent there when Meta's own answer links to one. */
  readonly extraOrigins?: readonly string[] | undefined;
  /** Must let `extraOrigins` through, and `baseUrl` where it is not Meta's own; see `createGuardedFetch`. */
  readonly fetchFile: FetchFile;
  readonly exchange: Exchange;
  readonly log: Log;
}

/**
 * WhatsApp through Meta's Cloud API. It has no way to look a message up, so there is no `findSent`: our id of the part comes back
 * with every delivery report as its reference.
 */
export function createMetaChannel(deps: MetaChannelDeps): Channel {
  const { phoneNumberId, fetchFile, log } = deps;
  const api = createGraphApi(deps);
  const rules = createMediaRules({ ...deps, extraOrigins: deps.extraOrigins ?? [] });

  /** What the message is, by its one field beside the envelope. */
  async function contentOf(
    part: OutboundPart,
    { signal, uploaded }: Parameters<Channel['send']>[1],
  ): Promise<{ type: string; content: object }> {
    const { choices = [], template, file } = part;
    // Half a character would make the whole message invalid.
    const text = part.text.toWellFormed();
    if (template) return { type: 'template', content: templateOf(template) };
    if (file) {
      const { mediaId, ...message } = await uploadFile(api, { phoneNumberId, file, text, signal });
      // What nobody has noted nobody would ever delete.
      await uploaded?.(mediaId).catch(async (error: unknown) => {
        await remove(mediaId, signal).catch(() => {});
        throw error;
      });
      return message;
    }
    const interactive = interactiveOf(text, choices);
    if (interactive) return { type: 'interactive', content: interactive };
    const body = choices.length === 0 ? text : withNumberedChoices(text, choices);
    return { type: 'text', content: { body, preview_url: false } };
  }

  /** Deletes a file; one that is gone already is no error. */
  async function remove(mediaId: string, signal: AbortSignal): Promise<void> {
    await api.call({ method: 'DELETE', path: [mediaId], signal }).catch((error: unknown) => {
      if (!isGone(error)) throw error;
    });
  }

  return {
    name: 'meta',
    // "Maximum 4096 characters" (text messages). UTF-16 units are never fewer than characters.
    // Documents: 100 MB (.../business-phone-numbers/media).
    limits: { textUnits: 4096, fileBytes: 100 * 1024 * 1024 },

    fetchMedia: createMediaFetch({ api, rules, fetchFile, log }),

    /** Sends in one call; a file takes another one before it, of which nothing can become uncertain. */
    async send(part, options) {
      const recipient = recipientOf(part.to);
      const { signal } = options;
      const { type, content } = await contentOf(part, options);
      const answer = await api.call({
        method: 'POST',
        path: [phoneNumberId, 'messages'],
        creates: true,
        json: {
          messaging_product: 'whatsapp',
          recipient_type: 'individual',
          ...recipient,
          ...(part.quotes && { context: { message_id: part.quotes } }),
          type,
          [type]: content,
          biz_opaque_callback_data: part.id,
        },
        signal,
      });
      const messages = fieldOf(answer, 'messages');
      const id = Array.isArray(messages) ? fieldOf(messages[0], 'id') : undefined;
      if (typeof id === 'string' && id !== '') return { providerId: id };
      throw new ProviderUnavailable('Meta accepted a message without giving it an id', {
        vendorCode: 'no_message_id',
        uncertain: true,
      });
    },

    /** Marks the message as read too: at Meta the two are one. The dots stay for 25 seconds at most. */
    async showTyping(message, { signal }) {
      await api.call({
        method: 'POST',
        path: [phoneNumberId, 'messages'],
        json: {
          messaging_product: 'whatsapp',
          status: 'read',
          message_id: message.providerId,
          typing_indicator: { type: 'text' },
        },
        signal,
      });
    },

    explain: explainMetaCode,

    /** Deletes the files. Messages cannot be deleted through the API: Meta does not keep them once they are delivered. */
    async erase({ refs }, { signal }) {
      for (const ref of refs.filter(isMediaId)) await remove(ref, signal);
    },
  };
}
