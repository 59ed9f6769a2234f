import { findModel } from '#config/models.ts';
import type { Settings } from '#config/settings.ts';
import { createOfflineAssistant } from '#src/adapters/ai/offline/offline-assistant.ts';
import { createOpenAi } from '#src/adapters/ai/openai/open-ai.ts';
import { createMetaChannel } from '#src/adapters/channels/meta/channel.ts';
import { createMetaWebhookReader } from '#src/adapters/channels/meta/webhook-reader.ts';
import { createSimulatorChannel } from '#src/adapters/channels/simulator/channel.ts';
import { createTwilioChannel } from '#src/adapters/channels/twilio/channel.ts';
import { createTwilioWebhookReader } from '#src/adapters/channels/twilio/webhook-reader.ts';
import { createGuardedFetch } from '#src/adapters/media/guarded-fetch.ts';
import type { ChannelName } from '#src/domain/identity.ts';
import type { Ai } from '#src/ports/ai.ts';
import type { Channel, WebhookReader } from '#src/ports/channel.ts';
import type { Exchange } from '#src/ports/exchange.ts';
import type { Live } from '#src/ports/live.ts';
import type { Clock, Log, NewId } from '#src/ports/system.ts';

/** Where Meta's own API is. */
const metaHost = 'https://graph.facebook.com';

/** The model that is configured, or the offline assistant. */
export function createAi(
  ai: Settings['ai'],
  deps: { exchange: Exchange; log: Log; safetySalt: string; onRetry: (operation: string) => void },
): Ai {
  if (!ai.openai) return createOfflineAssistant();
  return createOpenAi({
    apiKey: ai.openai.apiKey.reveal(),
    baseUrl: ai.openai.baseUrl,
    api: ai.openai.api,
    model: ai.model,
    visionModel: ai.visionModel,
    transcribeModel: ai.transcribeModel,
    profileOf: findModel,
    ...deps,
  });
}

/** Every channel that is configured; the chat page always is. */
export function createChannels(
  settings: Settings,
  deps: { exchange: Exchange; live: Live; log: Log; spoolFolder: string; newId: NewId },
): ReadonlyMap<ChannelName, Channel> {
  const channels = [createSimulatorChannel(deps)];
  const { twilio, meta, media } = settings;
  if (twilio) {
    // For proxies and tests: only these exact origins may use plain http or a private address.
    const exemptOrigins = [...media.extraOrigins, ...(twilio.baseUrl ? [twilio.baseUrl] : [])];
    channels.push(
      createTwilioChannel({
        accountSid: twilio.accountSid,
        authToken: twilio.authToken.reveal(),
        number: twilio.number,
        choiceTemplates: twilio.choiceTemplates,
        statusCallback: settings.app.publicUrl && `${settings.app.publicUrl}/webhook/status`,
        baseUrl: twilio.baseUrl,
        extraOrigins: media.extraOrigins,
        fetchFile: createGuardedFetch({ exemptOrigins, log: deps.log }),
        exchange: deps.exchange,
        log: deps.log,
      }),
    );
  }
  if (meta) {
    // Only where it is not Meta itself may it use plain http or a private address.
    const exemptOrigins = [...media.extraOrigins, ...(meta.baseUrl === metaHost ? [] : [meta.baseUrl])];
    channels.push(
      createMetaChannel({
        accessToken: meta.accessToken.reveal(),
        phoneNumberId: meta.phoneNumberId,
        apiVersion: meta.apiVersion,
        baseUrl: meta.baseUrl,
        extraOrigins: media.extraOrigins,
        fetchFile: createGuardedFetch({ exemptOrigins, log: deps.log }),
        exchange: deps.exchange,
        log: deps.log,
      }),
    );
  }
  return new Map(channels.map((channel) => [channel.name, channel]));
}

/** Those who verify and read webhooks, by channel; undefined for a channel that is not configured, where nothing can be verified. */
export function createWebhookReaders(
  { twilio, meta }: Settings,
  deps: { log: Log; clock: Clock },
): { reader: WebhookReader | undefined; metaReader: WebhookReader | undefined } {
  return {
    reader: twilio && createTwilioWebhookReader({ authToken: twilio.authToken.reveal(), clock: deps.clock }),
    metaReader:
      meta &&
      createMetaWebhookReader({
        appSecret: meta.appSecret.reveal(),
        phoneNumberId: meta.phoneNumberId,
        ...deps,
      }),
  };
}
