import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMetaChannel } from '#src/adapters/channels/meta/channel.ts';
import { createSimulatorChannel } from '#src/adapters/channels/simulator/channel.ts';
import { createTwilioChannel } from '#src/adapters/channels/twilio/channel.ts';
import { createGuardedFetch } from '#src/adapters/media/guarded-fetch.ts';
import type { ChannelName } from '#src/domain/identity.ts';
import type { Channel } from '#src/ports/channel.ts';
import { exchange } from '#tests/support/exchange.ts';
import { openMetaStandIn } from './meta-stand-in.ts';
import { newWamid } from './meta-webhook.ts';
import { createQuietLog } from './quiet-log.ts';
import { openTwilioStandIn } from './twilio-stand-in.ts';
import { newSid, sandboxNumber } from './twilio-webhook.ts';

/** One channel with its provider, for what every channel must do. */
export interface ChannelUnderTest extends AsyncDisposable {
  readonly channel: Channel;
  /** Somebody's address, ours, and the id of a message of theirs. */
  readonly person: { readonly to: string; readonly from: string; readonly wrote: string };
  /** What a `ref` of somebody else's looks like. */
  readonly foreignRefs: readonly string[];
  /** Every text people got; undefined where nobody keeps them. */
  readonly texts: (() => readonly string[]) | undefined;
  /** The next message is taken, and never confirmed. */
  readonly dropNext: (() => void) | undefined;
  /** Everything the provider did not like. */
  problems(): readonly string[];
  /** Offers a file. @returns its `ref` */
  addFile(bytes: Uint8Array): Promise<string>;
}

/** Opens a channel and whatever stands behind it. */
export const channelsUnderTest: Readonly<Record<ChannelName, () => Promise<ChannelUnderTest>>> = {
  async twilio() {
    const account = { accountSid: newSid('AC'), authToken: 'f00d'.repeat(8) };
    const provider = await openTwilioStandIn(account);
    const log = createQuietLog();
    const origins = [provider.url, provider.cdnUrl];
    const channel = createTwilioChannel({
      ...account,
      number: sandboxNumber,
      baseUrl: provider.url,
      extraOrigins: [provider.cdnUrl],
      exchange,
      fetchFile: createGuardedFetch({ exemptOrigins: origins, log }),
      log,
    });
    return {
      channel,
      person: { to: 'whatsapp:+15550001111', from: `whatsapp:${sandboxNumber}`, wrote: newSid('SM') },
      foreignRefs: ['https://evil.example/x', 'file:///etc/passwd', '../x', ''],
      texts: () => provider.sent.map(({ body }) => body),
      dropNext: () => provider.nextSends(['drop-after']),
      problems: () => provider.problems,
      addFile: async (bytes) => provider.addMedia(bytes, 'application/pdf'),
      [Symbol.asyncDispose]: () => provider[Symbol.asyncDispose](),
    };
  },

  async meta() {
    const provider = await openMetaStandIn();
    const log = createQuietLog();
    const extraOrigins = provider.mediaOrigins;
    const channel = createMetaChannel({
      accessToken: provider.accessToken,
      phoneNumberId: provider.phoneNumberId,
      apiVersion: provider.apiVersion,
      baseUrl: provider.url,
      extraOrigins,
      exchange,
      fetchFile: createGuardedFetch({ exemptOrigins: [provider.url, ...extraOrigins], log }),
      log,
    });
    return {
      channel,
      person: { to: '15550001111', from: provider.phoneNumberId, wrote: newWamid() },
      foreignRefs: ['https://evil.example/x', 'file:///etc/passwd', '../x', ''],
      texts: () => provider.sent.map(({ text }) => text),
      dropNext: () => provider.nextSends(['drop-after']),
      problems: () => provider.problems,
      addFile: async (bytes) => provider.addMedia(bytes, 'application/pdf'),
      [Symbol.asyncDispose]: () => provider[Symbol.asyncDispose](),
    };
  },

  async simulator() {
    const spoolFolder = await mkdtemp(join(tmpdir(), 'spool-'));
    const live = { announce: () => {}, subscribe: () => () => {} };
    const channel = createSimulatorChannel({ live, spoolFolder, newId: randomUUID });
    return {
      channel,
      person: { to: 'ana', from: 'bot', wrote: 'sim-in-1' },
      foreignRefs: ['https://evil.example/x', '/etc/passwd', '../x', ''],
      texts: undefined,
      dropNext: undefined,
      problems: () => [],
      async addFile(bytes) {
        const ref = randomUUID();
        await writeFile(join(spoolFolder, ref), bytes);
        return ref;
      },
      [Symbol.asyncDispose]: () => rm(spoolFolder, { recursive: true }),
    };
  },
};
