import type { Channel } from '#src/ports/channel.ts';
import type { Live } from '#src/ports/live.ts';
import type { NewId } from '#src/ports/system.ts';
import { copyFromSpool, removeUpload } from './spool.ts';

/**
 * The chat page as a channel: the same pipeline as WhatsApp, with the wire cut short. What the person hears is the stored outbound
 * part, which the page reads; so sending needs nothing but an id.
 * @param deps.spoolFolder absolute path of the folder where the page puts uploads; `ref`s are plain file names in it
 */
export function createSimulatorChannel(deps: {
  readonly live: Live;
  readonly spoolFolder: string;
  readonly newId: NewId;
}): Channel {
  return {
    name: 'simulator',
    // Meta's limit for one text message. Twilio's is shorter; the pipeline splits for either.
    limits: { textUnits: 4096 },
    fetchMedia: (ref, options) => copyFromSpool(deps.spoolFolder, ref, options),
    async send() {
      return { providerId: `sim-out-${deps.newId()}` };
    },
    async showTyping(message) {
      deps.live.announce({ kind: 'typing_to', address: message.to });
    },
    // A part is on the page once it is stored as sent: one whose sending was interrupted was never seen.
    async findSent() {
      return null;
    },
    // There is no provider; uploads that wait to be fetched are all there is.
    async erase({ refs }) {
      for (const ref of refs) await removeUpload(deps.spoolFolder, ref);
    },
  };
}
