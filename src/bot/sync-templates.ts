import { AppError } from '#src/domain/errors.ts';
import type { ChannelName } from '#src/domain/identity.ts';
import type { TemplateCatalog } from '#src/ports/outreach.ts';
import type { BotDeps } from './deps.ts';

/** What came of asking one provider for its templates: how many there are, or the code of what went wrong. */
export type SyncedTemplates =
  | { readonly channel: ChannelName; readonly templates: number }
  | { readonly channel: ChannelName; readonly problem: string };

/** Asks every provider which templates the account has. One that does not answer costs the others nothing. */
export async function syncTemplates(
  deps: Pick<BotDeps, 'unitOfWork' | 'log'> & { readonly catalogs: readonly TemplateCatalog[] },
  signal: AbortSignal,
): Promise<SyncedTemplates[]> {
  const synced: SyncedTemplates[] = [];
  for (const { channel, list } of deps.catalogs) {
    try {
      const templates = await list({ signal });
      await deps.unitOfWork.run((stores) => stores.templates.replace(channel, templates));
      synced.push({ channel, templates: templates.length });
    } catch (error) {
      if (!(error instanceof AppError) || error.code === 'storage_unavailable') throw error;
      deps.log.warn({ err: error, channel }, 'the templates of a channel could not be listed');
      synced.push({ channel, problem: error.vendorCode ?? error.code });
    }
  }
  return synced;
}
