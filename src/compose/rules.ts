import type { Settings } from '#config/settings.ts';
import type { BotRules } from '#src/bot/deps.ts';
import type { ChannelName } from '#src/domain/identity.ts';
import type { TemplateUse } from '#src/domain/outbound.ts';
import { simulatorScope, testPeople } from '#src/domain/test-people.ts';

/** The owner's settings as the rules the story follows. */
export function toBotRules(settings: Settings, priceOf: BotRules['priceOf']): BotRules {
  const { access, conversation, media } = settings;
  const whitelist = new Set(access.whitelist);
  const welcomeTestPeople = new Set(
    testPeople.filter((person) => person.isWhitelisted).map((person) => person.phone),
  );
  return {
    appName: settings.app.name,
    isWelcome: (sender) =>
      sender.some((identity) => {
        if (identity.scope === simulatorScope) return welcomeTestPeople.has(identity.value);
        return access.everyone || (identity.kind === 'phone' && whitelist.has(identity.value));
      }),
    replyDelayMs: conversation.replyDelayMs,
    historyMessages: conversation.historyMessages,
    maxMediaBytes: media.maxBytes,
    maxPdfPages: media.maxPdfPages,
    mediaRetentionDays: media.retentionDays,
    ownAddresses: toOwnAddresses(settings),
    nudges: toNudges(settings),
    messagePrices: settings.broadcasts.prices,
    modelHost: settings.ai.openai && new URL(settings.ai.openai.baseUrl ?? 'https://api.openai.com').host,
    budgetMicros: access.dailyBudgetMicros,
    priceOf,
  };
}

function toOwnAddresses({ twilio, meta }: Settings): ReadonlyMap<ChannelName, string> {
  const addresses = new Map<ChannelName, string>();
  if (meta) addresses.set('meta', meta.phoneNumberId);
  if (twilio && twilio.number !== '') addresses.set('twilio', `whatsapp:${twilio.number}`);
  return addresses;
}

function toNudges({ nudges }: Settings): ReadonlyMap<ChannelName, TemplateUse> {
  const templates = new Map<ChannelName, TemplateUse>();
  if (nudges.meta) templates.set('meta', { ...nudges.meta, values: {} });
  if (nudges.twilio) templates.set('twilio', { name: nudges.twilio, language: '', values: {} });
  return templates;
}
