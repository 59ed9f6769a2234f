import { createHmac } from 'node:crypto';
import type { Settings } from '#config/settings.ts';
import { createChannelStates } from '../adapters/store/channel-states.ts';
import type { OpenDatabase } from '../adapters/store/open-database.ts';
import type { ChannelHealth } from '../bot/channel-health.ts';
import { openSharedHealth } from '../bot/shared-health.ts';
import type { ChannelName } from '../domain/identity.ts';
import type { Clock, Log } from '../ports/system.ts';

interface ChannelHealthDeps {
  readonly channels: readonly ChannelName[];
  readonly database: Pick<OpenDatabase, 'db' | 'engine'>;
  readonly clock: Clock;
  readonly log: Log;
}

/** What is known about channels: by all processes, and from before the start as far as their settings are the same. */
export function openChannelHealth(
  settings: Settings,
  { channels, database, clock, log }: ChannelHealthDeps,
): Promise<ChannelHealth & AsyncDisposable> {
  const states = createChannelStates({ db: database.db, fingerprints: fingerprintsOf(settings, channels) });
  return openSharedHealth({
    channels,
    states,
    hasOthers: database.engine === 'postgres',
    clock,
    log,
  });
}

/**
 * A hash of whatever can make a channel work again when it is changed. Keyed, so that nobody who only reads the database can try
 * whether a token is the one; without SECRET_KEY, which production asks for, it is the hash of a token too long to guess.
 */
export function fingerprintsOf(
  settings: Pick<Settings, 'twilio' | 'meta' | 'nudges' | 'signIn'>,
  channels: readonly ChannelName[],
): ReadonlyMap<ChannelName, string> {
  const { twilio, meta, nudges, signIn } = settings;
  const values: Record<ChannelName, readonly (string | undefined)[]> = {
    simulator: [],
    twilio: [twilio?.accountSid, twilio?.authToken.reveal(), twilio?.number, twilio?.baseUrl, nudges.twilio],
    meta: [
      meta?.accessToken.reveal(),
      meta?.phoneNumberId,
      meta?.businessAccountId,
      meta?.apiVersion,
      meta?.baseUrl,
      nudges.meta?.name,
      nudges.meta?.language,
    ],
  };
  const key = `settings of channels ${signIn.secretKey?.reveal() ?? ''}`;
  return new Map(
    channels.map((name) => [
      name,
      createHmac('sha256', key)
        .update(JSON.stringify([name, ...values[name]]))
        .digest('base64url'),
    ]),
  );
}
