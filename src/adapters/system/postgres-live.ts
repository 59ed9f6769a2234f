import { Socket } from 'node:net';
import { Client, DatabaseError } from 'pg';
import type { Live, LiveEvent } from '#src/ports/live.ts';
import type { Log, NewId } from '#src/ports/system.ts';
import { packEvents, toEvents } from './live-payload.ts';

interface PostgresLiveDeps {
  /** Where to connect; the connection is one of its own, since it listens for as long as the process lives. */
  readonly url: string;
  /** Tells the pages of this process. */
  readonly local: Live;
  readonly newId: NewId;
  readonly log: Pick<Log, 'warn' | 'info'>;
  /** How long the server may be silent about a query, in milliseconds; then the connection is taken for dead. */
  readonly queryTimeoutMs?: number;
}

/** The connection in use. */
interface Listening {
  readonly client: Client;
  /** Gives it up and makes another. */
  readonly lose: (error?: Error) => void;
}

const channel = 'whatsapp_media_assistant_live';
/** Events of a burst travel together: every NOTIFY takes a lock that all commits with one share. In milliseconds. */
const gatherMs = 25;
const firstPauseMs = 100;
const longestPauseMs = 10_000;
const connectTimeoutMs = 5_000;
const longestSilenceMs = 10_000;
/** A connection that is quiet for so long is asked by the kernel whether it is still there, in milliseconds. */
const keepAliveDelayMs = 10_000;
/** The process that ends does not wait for longer on a server that is gone, in milliseconds. */
const closeWithinMs = 2_000;

/**
 * Connects the story with open pages across processes, through LISTEN and NOTIFY. Pages of this process hear at once, the others
 * some milliseconds later. While the server is away events are lost, which pages bear, and the connection is made anew.
 * Resolves after the first attempt, whatever came of it.
 */
export async function openPostgresLive(deps: PostgresLiveDeps): Promise<Live & AsyncDisposable> {
  const { url, local, newId, log, queryTimeoutMs = longestSilenceMs } = deps;
  const self = newId();
  const waiting = new Map<string, LiveEvent>();
  let listening: Listening | undefined;
  let socket = new Socket();
  let gathering: NodeJS.Timeout | undefined;
  let reconnecting: NodeJS.Timeout | undefined;
  let connecting: Promise<void> | undefined;
  let pauseMs = firstPauseMs;
  let closed = false;

  async function connect(): Promise<void> {
    // Ours, so that it can be cut: a polite end waits for a server that may be gone.
    const own = new Socket();
    socket = own;
    const client = new Client({
      stream: () => own,
      connectionString: url,
      application_name: 'whatsapp-media-assistant live',
      connectionTimeoutMillis: connectTimeoutMs,
      keepAlive: true,
      keepAliveInitialDelayMillis: keepAliveDelayMs,
      query_timeout: queryTimeoutMs,
    });
    let lost = false;
    const lose = (error?: Error) => {
      if (lost) return;
      lost = true;
      if (listening?.client === client) listening = undefined;
      client.end().catch(() => {});
      own.destroy();
      if (closed) return;
      log.warn({ err: error, againInMs: pauseMs }, 'pages of other processes cannot be told about changes');
      reconnecting = setTimeout(() => {
        connecting = connect();
      }, pauseMs);
      reconnecting.unref();
      pauseMs = Math.min(longestPauseMs, pauseMs * 2);
    };
    client.on('error', lose);
    client.on('end', () => lose());
    client.on('notification', ({ payload }) => {
      for (const event of toEvents(payload ?? '', self)) local.announce(event);
    });
    try {
      await client.connect();
      await client.query(`listen ${channel}`);
      if (lost || closed) return;
      listening = { client, lose };
      pauseMs = firstPauseMs;
    } catch (error) {
      lose(error instanceof Error ? error : undefined);
    }
  }

  /** One query at a time: what comes meanwhile travels with the next. */
  async function notify(): Promise<void> {
    const payloads = packEvents([...waiting.values()], self);
    waiting.clear();
    const through = listening;
    try {
      await through?.client.query('select pg_notify($1, payload) from unnest($2::text[]) as payload', [
        channel,
        payloads,
      ]);
    } catch (error) {
      // Nobody waits for the events. A server that refuses them is there; one that says nothing is not.
      if (!(error instanceof DatabaseError)) through?.lose(error instanceof Error ? error : undefined);
    }
    gathering = undefined;
    if (waiting.size > 0) gather();
  }

  function gather(): void {
    gathering ??= setTimeout(() => void notify(), gatherMs).unref();
  }

  connecting = connect();
  await connecting;
  return {
    announce(event) {
      local.announce(event);
      waiting.set(JSON.stringify(event), event);
      gather();
    },
    subscribe: (listener) => local.subscribe(listener),
    async [Symbol.asyncDispose]() {
      closed = true;
      clearTimeout(gathering);
      clearTimeout(reconnecting);
      // Whatever is being waited for ends with its socket.
      const cut = setTimeout(() => socket.destroy(), closeWithinMs);
      await connecting;
      await listening?.client.end().catch(() => {});
      clearTimeout(cut);
    },
  };
}
