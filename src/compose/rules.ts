import type { Settings } from '#config/settings.ts';
import type { BotRules } from '#src/bot/deps.ts';
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
    budgetMicros: access.dailyBudgetMicros,
    priceOf,
  };
}
