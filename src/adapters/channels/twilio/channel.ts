import { MediaUnusable, ProviderRefused, ProviderUnavailable } from '#src/domain/errors.ts';
import type { Channel, OutboundPart } from '#src/ports/channel.ts';
import type { Exchange } from '#src/ports/exchange.ts';
import type { FetchFile } from '#src/ports/media.ts';
import type { Log } from '#src/ports/system.ts';
import { type FilledContent, isAboutContent, quickReplyOf } from './choices-to-tap.ts';
import { createTwilioApi } from './client.ts';
import { createErase } from './erase.ts';
import { explainTwilioCode } from './explain.ts';
import { findSent } from './find-sent.ts';
import { createMediaRules } from './media-rules.ts';
import { sentText } from './sent-text.ts';

/** What the Twilio channel needs. */
export interface TwilioChannelDeps {
  readonly accountSid: string;
  readonly authToken: string;
  /** Our sender, E.164 with plus; '' answers from the number that was written to. */
  readonly number: string;
  /** ContentSids of quick-reply templates with two and with three buttons; without them choices are numbers in the text. */
  readonly choiceTemplates?: readonly string[] | undefined;
  /** Where Twilio reports what becomes of messages; undefined when it cannot reach us. */
  readonly statusCallback?: string | undefined;
  /** Origin that stands in for all of Twilio's hosts; undefined for Twilio itself. */
  readonly baseUrl: string | undefined;
  /** Further exact origins media may come from. */
  readonly extraOrigins: readonly string[];
  /** Must let `baseUrl` and `extraOrigins` through, see `createGuardedFetch`. */
  readonly fetchFile: FetchFile;
  readonly exchange: Exchange;
  readonly log: Log;
}

/** What the message is. "Drop Body and MediaUrl when using ContentSid" (error 63016). */
function contentOf(part: OutboundPart): Partial<FilledContent> & { readonly body?: string } {
  const { template } = part;
  if (!template) return { body: sentText(part) };
  const hasValues = Object.keys(template.values).length > 0;
  return {
    contentSid: template.name,
    ...(hasValues && { contentVariables: JSON.stringify(template.values) }),
  };
}

/** WhatsApp through Twilio. */
export function createTwilioChannel(deps: TwilioChannelDeps): Channel {
  const api = createTwilioApi(deps);
  const rules = createMediaRules(deps);
  const senderOf = (part: OutboundPart) => (deps.number === '' ? part.from : `whatsapp:${deps.number}`);

  const create = (part: OutboundPart, content: ReturnType<typeof contentOf>, signal: AbortSignal) =>
    api.call(
      (client) =>
        client.messages.create({
          to: part.to,
          from: senderOf(part),
          ...content,
          ...(deps.statusCallback !== undefined && { statusCallback: deps.statusCallback }),
        }),
      { signal, creates: true },
    );

  /** Nobody shall miss an answer because the template for its choices is not as it should be: then they are numbers. */
  async function createWithChoices(part: OutboundPart, content: FilledContent, signal: AbortSignal) {
    try {
      return await create(part, content, signal);
    } catch (error) {
      if (!(error instanceof ProviderRefused) || !isAboutContent(error)) throw error;
      deps.log.warn(
        { contentSid: content.contentSid, code: error.vendorCode },
        'Twilio refuses the template of TWILIO_CHOICES_CONTENT_SID; choices are sent as numbers',
      );
      return create(part, contentOf(part), signal);
    }
  }

  return {
    name: 'twilio',
    erase: createErase(api),
    // "Body … up to 1,600 characters" (Message resource). UTF-16 units are never fewer than characters; the rest is room for the way
    // Twilio counts what WhatsApp makes of them.
    limits: { textUnits: 1580 },

    async fetchMedia(ref, options) {
      return deps.fetchFile({ ...beginMedia(ref), follow: rules.follow, ...options });
    },

    async send(part, { signal }) {
      const { template, choices = [] } = part;
      const quickReply = template ? undefined : quickReplyOf(part.text, choices, deps.choiceTemplates ?? []);
      const { sid } = await (quickReply
        ? createWithChoices(part, quickReply, signal)
        : create(part, contentOf(part), signal));
      if (typeof sid === 'string' && sid !== '') return { providerId: sid };
      throw new ProviderUnavailable('Twilio accepted a message without giving it an id', {
        vendorCode: 'no_sid',
        uncertain: true,
      });
    },

    async showTyping(message, { signal }) {
      await api.call(
        (client) =>
          client.messaging.v2.typingIndicator.create({ channel: 'whatsapp', messageId: message.providerId }),
        { signal, creates: false },
      );
    },

    explain: explainTwilioCode,

    findSent: (part, { signal }) =>
      api.call((client) => findSent(client, part, senderOf(part)), { signal, creates: false }),
  };

  function beginMedia(ref: string) {
    try {
      return rules.begin(ref);
    } catch (error) {
      // The owner may be behind a proxy of their own: name the host, never the path.
      if (error instanceof MediaUnusable && URL.canParse(ref)) {
        deps.log.warn(
          { host: new URL(ref).host },
          'media link refused; MEDIA_EXTRA_ORIGINS can allow its origin',
        );
      }
      throw error;
    }
  }
}
