import type { Kysely, Selectable, Transaction } from 'kysely';
import type { ChannelName } from '#src/domain/identity.ts';
import type {
  ChannelAlert,
  ChannelNews,
  ChannelStates,
  ChannelStop,
  KnownChannel,
} from '#src/ports/channel-states.ts';
import type { ChannelAlertRow, ChannelStopRow } from './channel-tables.ts';
import { runTransaction } from './run-transaction.ts';
import type { Database } from './schema.ts';

interface ChannelStatesDeps {
  readonly db: Kysely<Database>;
  /** Of the settings of each channel, without giving them away: other settings, another fingerprint. */
  readonly fingerprints: ReadonlyMap<ChannelName, string>;
}

/** How channels stand, in two small tables: one row a stop and one an alert. */
export function createChannelStates({ db, fingerprints }: ChannelStatesDeps): ChannelStates {
  const own = [...fingerprints.values()];
  const keyOf = (channel: ChannelName) => ({ channel, fingerprint: fingerprints.get(channel) ?? '' });

  async function storeStop(trx: Transaction<Database>, channel: ChannelName, stop: ChannelStop) {
    const { code, words, witness } = stop;
    const changing = { code, words, witness, rest_ms: stop.restMs, until: stop.until.toISOString() };
    await trx
      .insertInto('channel_stops')
      .values({ ...keyOf(channel), ...changing, since: stop.since.toISOString() })
      // A row that is there tells since when: nobody has found it working meanwhile.
      .onConflict((conflict) => conflict.columns(['channel', 'fingerprint']).doUpdateSet(changing))
      .execute();
  }

  async function removeStop(trx: Transaction<Database>, channel: ChannelName) {
    const { fingerprint } = keyOf(channel);
    await trx
      .deleteFrom('channel_stops')
      .where('channel', '=', channel)
      .where('fingerprint', '=', fingerprint)
      .execute();
  }

  async function storeAlert(trx: Transaction<Database>, channel: ChannelName, alert: ChannelAlert) {
    const { code, words } = alert;
    const changing = { words, last_at: alert.lastAt.toISOString() };
    await trx
      .insertInto('channel_alerts')
      .values({ ...keyOf(channel), code, ...changing, since: alert.since.toISOString() })
      .onConflict((conflict) => conflict.columns(['channel', 'fingerprint', 'code']).doUpdateSet(changing))
      .execute();
  }

  async function removeAlert(trx: Transaction<Database>, channel: ChannelName, code: string) {
    const { fingerprint } = keyOf(channel);
    await trx
      .deleteFrom('channel_alerts')
      .where('channel', '=', channel)
      .where('fingerprint', '=', fingerprint)
      .where('code', '=', code)
      .execute();
  }

  /** What is over, and what was found out with settings that nobody has had for as long. */
  async function forget(trx: Transaction<Database>, before: Date) {
    const last = before.toISOString();
    await trx.deleteFrom('channel_alerts').where('last_at', '<', last).execute();
    await trx
      .deleteFrom('channel_stops')
      .where('until', '<', last)
      .where('fingerprint', 'not in', own)
      .execute();
  }

  async function store(trx: Transaction<Database>, { stops, alerts, alertsOver, alertsSince }: ChannelNews) {
    if (stops.size + alerts.length + alertsOver.length === 0) return;
    await forget(trx, alertsSince);
    for (const [channel, stop] of stops)
      await (stop ? storeStop(trx, channel, stop) : removeStop(trx, channel));
    for (const { channel, code } of alertsOver) await removeAlert(trx, channel, code);
    for (const { channel, alert } of alerts) await storeAlert(trx, channel, alert);
  }

  return {
    // A power cut may take it back: the next message finds it out again.
    exchange: (news) =>
      runTransaction(
        db,
        async (trx) => {
          await store(trx, news);
          const stops = await trx
            .selectFrom('channel_stops')
            .selectAll()
            .where('fingerprint', 'in', own)
            .execute();
          const alerts = await trx
            .selectFrom('channel_alerts')
            .selectAll()
            .where('fingerprint', 'in', own)
            .orderBy('since')
            .orderBy('code')
            .execute();
          return toKnown(stops, alerts);
        },
        'committed',
      ),
  };
}

function toKnown(
  stops: readonly Selectable<ChannelStopRow>[],
  alerts: readonly Selectable<ChannelAlertRow>[],
): ReadonlyMap<ChannelName, KnownChannel> {
  const channels = new Set([...stops, ...alerts].map(({ channel }) => channel));
  const stopped = new Map(stops.map((row) => [row.channel, toStop(row)]));
  return new Map(
    [...channels].map((channel) => [
      channel,
      {
        stop: stopped.get(channel),
        alerts: alerts.filter((row) => row.channel === channel).map(toAlert),
      },
    ]),
  );
}

function toStop({ code, words, witness, rest_ms, since, until }: Selectable<ChannelStopRow>): ChannelStop {
  return { since: new Date(since), code, words, witness, restMs: rest_ms, until: new Date(until) };
}

function toAlert({ code, words, since, last_at }: Selectable<ChannelAlertRow>): ChannelAlert {
  return { code, words, since: new Date(since), lastAt: new Date(last_at) };
}
