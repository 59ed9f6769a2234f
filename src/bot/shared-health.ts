import type { ChannelName } from '#src/domain/identity.ts';
import type { ChannelNews, ChannelStates, ChannelStop, KnownChannel } from '#src/ports/channel-states.ts';
import type { Clock, Log } from '#src/ports/system.ts';
import { alertLastsMs, type ChannelHealth, createChannelHealth } from './channel-health.ts';

interface SharedHealthDeps {
  readonly channels: readonly ChannelName[];
  readonly states: ChannelStates;
  /** Whether other processes may find out something; otherwise it is only read at the start. */
  readonly hasOthers: boolean;
  readonly clock: Clock;
  readonly log: Log;
  readonly everyMs?: number;
}

/** So late one process learns what another has found out, in milliseconds. */
const defaultEveryMs = 3_000;

/**
 * Channel health that all processes share and that outlives them. Nobody who asks or tells waits for the database: what is found out
 * here counts here at once and is stored beside it, what the others found out is read every few seconds. While the database is away
 * each process goes by what it knows. Resolves with what is stored known.
 */
export async function openSharedHealth(deps: SharedHealthDeps): Promise<ChannelHealth & AsyncDisposable> {
  const { channels, states, hasOthers, clock, log, everyMs = defaultEveryMs } = deps;
  /** Not stored yet. */
  const stops = new Map<ChannelName, ChannelStop | undefined>();
  const alerts = new Map<string, ChannelNews['alerts'][number]>();
  const alertsOver = new Map<string, ChannelNews['alertsOver'][number]>();
  /** The stop of each channel as it was stored when we last looked: whatever differs is news. */
  const stored = new Map<ChannelName, string | undefined>();
  /** The codes of each channel's alerts, the same. */
  const storedAlerts = new Map<ChannelName, readonly string[]>();
  let isLoaded = false;
  let isSilent = false;
  let exchanging: Promise<void> | undefined;
  let isAsked = false;
  let isClosed = false;

  const health = createChannelHealth({
    channels,
    clock,
    log,
    listener: {
      stop(channel, stop) {
        stops.set(channel, stop);
        ask();
      },
      alert(channel, alert) {
        const key = `${channel} ${alert.code}`;
        alerts.set(key, { channel, alert });
        alertsOver.delete(key);
        ask();
      },
      alertOver(channel, code) {
        const key = `${channel} ${code}`;
        alertsOver.set(key, { channel, code });
        alerts.delete(key);
        ask();
      },
    },
  });
  const hasNews = () => stops.size + alerts.size + alertsOver.size > 0;

  /** One exchange at a time, so that a database that hangs is not asked ever more often. */
  function ask(): void {
    isAsked = true;
    if (isClosed) return;
    exchanging ??= exchange().finally(() => {
      exchanging = undefined;
      if (isAsked) ask();
    });
  }

  async function exchange(): Promise<void> {
    isAsked = false;
    const alertsSince = new Date(clock.now().getTime() - alertLastsMs);
    const news = {
      stops: new Map(stops),
      alerts: [...alerts.values()],
      alertsOver: [...alertsOver.values()],
      alertsSince,
    };
    try {
      const known = await states.exchange(news);
      forgetStored(news);
      for (const channel of channels) learn(channel, known.get(channel), news);
      isLoaded = true;
      isSilent = false;
    } catch (error) {
      if (!isSilent) log.warn({ err: error }, 'how channels stand could not be stored or read');
      isSilent = true;
    }
  }

  /** What was told meanwhile stays news. */
  function forgetStored(news: ChannelNews): void {
    for (const [channel, stop] of news.stops) if (stops.get(channel) === stop) stops.delete(channel);
    for (const one of news.alerts) {
      const key = `${one.channel} ${one.alert.code}`;
      if (alerts.get(key) === one) alerts.delete(key);
    }
    for (const one of news.alertsOver) {
      const key = `${one.channel} ${one.code}`;
      if (alertsOver.get(key) === one) alertsOver.delete(key);
    }
  }

  function learn(channel: ChannelName, known: KnownChannel | undefined, { stops: told }: ChannelNews): void {
    learnAlerts(channel, known?.alerts ?? []);
    const before = told.has(channel) ? markOf(told.get(channel)) : stored.get(channel);
    const now = markOf(known?.stop);
    stored.set(channel, now);
    // What was found out here since then is newer.
    if (now !== before && !stops.has(channel)) health.learnStop(channel, known?.stop);
  }

  /** What was told meanwhile, here, is newer than what is stored. */
  function learnAlerts(channel: ChannelName, known: KnownChannel['alerts']): void {
    const isStored = (code: string) => known.some((alert) => alert.code === code);
    const over = (storedAlerts.get(channel) ?? []).filter(
      (code) => !isStored(code) && !alerts.has(`${channel} ${code}`),
    );
    storedAlerts.set(
      channel,
      known.map(({ code }) => code),
    );
    health.learnAlerts(
      channel,
      known.filter(({ code }) => !alertsOver.has(`${channel} ${code}`)),
      over,
    );
  }

  await exchange();
  const timer = setInterval(() => {
    if (hasOthers || hasNews() || !isLoaded) ask();
  }, everyMs);
  timer.unref();

  return {
    ...health,
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      isClosed = true;
      await exchanging;
      if (hasNews()) await exchange();
    },
  };
}

function markOf(stop: ChannelStop | undefined): string | undefined {
  return stop && JSON.stringify([stop.since, stop.code, stop.words, stop.witness, stop.restMs, stop.until]);
}
