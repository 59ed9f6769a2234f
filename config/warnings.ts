import { retirementWarnings, unpricedModels } from './models.ts';
import type { Settings } from './settings.ts';

/** What the owner should know at start although the product can run: one sentence each. */
export function startWarnings(settings: Settings, today: Date): string[] {
  const { twilio, meta, access, ai, app } = settings;
  const warnings = retirementWarnings(ai, today);
  const budget = access.dailyBudgetMicros.perUser ?? access.dailyBudgetMicros.total;
  const unpriced = unpricedModels(ai);
  if (budget !== undefined && unpriced.length > 0) {
    warnings.push(
      `A daily budget is set, but no price is known for ${unpriced.join(', ')}: what they cost counts as 0.`,
    );
  }
  if (twilio && (twilio.accountSid === '' || twilio.number === '')) {
    warnings.push(
      'TWILIO_AUTH_TOKEN is set, but TWILIO_ACCOUNT_SID or TWILIO_WHATSAPP_NUMBER is not: answers may not go out.',
    );
  }
  if (!meta) warnings.push(...settings.metaGaps);
  if (meta && meta.businessAccountId === undefined) {
    warnings.push(
      'WHATSAPP_BUSINESS_ACCOUNT_ID is not set: Meta’s templates cannot be listed, so none can be sent by its name, and no report about a template is matched.',
    );
  }
  if (app.env === 'production' && !twilio && !meta) {
    warnings.push('No channel is configured: only test people on the chat page are answered.');
  }
  if ((twilio || meta) && access.whitelist.length === 0 && !access.everyone) {
    warnings.push(
      'WHITELISTED_USERS is empty: everybody is refused until you add people there or through the API.',
    );
  }
  if (settings.database.engine === 'postgres' && !settings.signIn.secretKey) {
    warnings.push(
      'SECRET_KEY is not set: each process makes its own, so whoever signs in at one is unknown to the others and after a restart.',
    );
  }
  // A worker takes no webhooks.
  if (twilio && !app.publicUrl && app.role !== 'worker') {
    warnings.push(
      'PUBLIC_URL is not set: webhook signatures are checked against the address of each request.',
    );
  }
  return warnings;
}
