import type { CodeMeaning } from '#src/domain/delivery.ts';
import type { PartChange } from '#src/ports/deliveries.ts';
import type { Stores } from '#src/ports/stores.ts';
import type { BotDeps } from './deps.ts';

/** Whether the template that tells people of what is held gets through to nobody. */
export function isNudgeRefused(
  part: { readonly isNudge?: boolean | undefined },
  meaning: CodeMeaning | undefined,
): meaning is CodeMeaning {
  // Nothing but a template that is not approved needs an open window.
  return part.isNudge === true && (meaning?.concernsTemplate === true || meaning?.kind === 'window');
}

/** What the owner learns of it. */
export function nudgeAlert({ words, kind }: CodeMeaning): { readonly code: string; readonly words: string } {
  const why = kind === 'window' ? 'it is not approved' : words;
  return {
    code: 'nudge_refused',
    words: `people who have not written for 24 hours do not learn that messages wait: NUDGE_TEMPLATE was refused, ${why}`,
  };
}

/** Notes whom such a report leaves without knowing that something is held: they are told once the template gets through. */
export async function noteRefusedNudges(
  stores: Stores,
  channels: BotDeps['channels'],
  changes: readonly PartChange[],
): Promise<void> {
  for (const { part, state, problem } of changes) {
    if (state !== 'failed' || !part.isNudge || !problem) continue;
    const meaning = channels.get(part.channel)?.explain?.(problem.code);
    if (isNudgeRefused(part, meaning)) await stores.window.untold(part.id);
  }
}
