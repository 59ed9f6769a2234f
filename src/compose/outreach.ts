import type { Settings } from '#config/settings.ts';
import { createMetaTemplateCatalog } from '#src/adapters/channels/meta/template-catalog.ts';
import { createTwilioTemplateCatalog } from '#src/adapters/channels/twilio/template-catalog.ts';
import type { BotDeps } from '#src/bot/deps.ts';
import { nudgeUntold } from '#src/bot/nudge-untold.ts';
import { createSendMessage } from '#src/bot/send-message.ts';
import { syncTemplates } from '#src/bot/sync-templates.ts';
import type { OutreachDeps } from '#src/http/routes/outreach.ts';
import type { Exchange } from '#src/ports/exchange.ts';
import type { JobRunner } from '#src/ports/jobs.ts';
import type { TemplateCatalog } from '#src/ports/outreach.ts';

/** Who lists templates: every channel that is configured and knows whose they are. */
export function createCatalogs(
  { twilio, meta }: Settings,
  { exchange }: { exchange: Exchange },
): readonly TemplateCatalog[] {
  const catalogs: TemplateCatalog[] = [];
  if (twilio && twilio.accountSid !== '') {
    const { accountSid, authToken, baseUrl } = twilio;
    catalogs.push(
      createTwilioTemplateCatalog({ accountSid, authToken: authToken.reveal(), baseUrl, exchange }),
    );
  }
  if (meta?.businessAccountId !== undefined) {
    const { accessToken, businessAccountId, apiVersion, baseUrl } = meta;
    const account = { accessToken: accessToken.reveal(), businessAccountId, apiVersion, baseUrl, exchange };
    catalogs.push(createMetaTemplateCatalog(account));
  }
  return catalogs;
}

/** What the owner sends, for the API. */
export function createOutreach(
  bot: BotDeps,
  jobs: Pick<JobRunner, 'poke'>,
  catalogs: readonly TemplateCatalog[],
): OutreachDeps {
  return {
    send: createSendMessage({ ...bot, jobs }),
    templates: () => bot.unitOfWork.run((stores) => stores.templates.all()),
    async sync(signal) {
      const synced = await syncTemplates({ ...bot, catalogs }, signal);
      await nudgeUntold({ ...bot, jobs }, signal);
      return synced;
    },
  };
}
