import { createUnitOfWork } from '#src/adapters/store/unit-of-work.ts';
import { createLive } from '#src/adapters/system/live.ts';
import { newUuid } from '#src/adapters/system/new-id.ts';
import { type Broadcasts, createBroadcasts } from '#src/bot/create-broadcast.ts';
import type { BotRules } from '#src/bot/deps.ts';
import { createSendBroadcast } from '#src/bot/send-broadcast.ts';
import type { ChannelName } from '#src/domain/identity.ts';
import type { Template } from '#src/domain/template.ts';
import type { Channel } from '#src/ports/channel.ts';
import type { JobRun } from '#src/ports/jobs.ts';
import type { Engine } from '#tests/support/engines.ts';
import { inboundText } from '#tests/support/inbound.ts';
import { createQuietLog } from '#tests/support/quiet-log.ts';
import { startServer } from './server-under-test.ts';

const channelNamed = (name: ChannelName): Channel => ({
  name,
  limits: { textUnits: 1_600 },
  fetchMedia: () => Promise.reject(new Error('not used')),
  send: () => Promise.reject(new Error('not used')),
  showTyping: async () => {},
});

/** An approved template with one value. */
export const template: Template = {
  channel: 'meta',
  name: 'news',
  language: 'en_US',
  title: 'news',
  category: 'utility',
  state: 'approved',
  body: 'Hello {{1}}!',
  placeholders: { required: ['1'], optional: [] },
  components: [],
};

/** The API on a real store, with the job that hands out and without anybody who sends. */
export async function openBroadcasts(engine: Engine, { perSecond = 1_000 } = {}) {
  let real: Broadcasts | undefined;
  const made = () => {
    if (!real) throw new Error('not open yet');
    return real;
  };
  const broadcasts: Broadcasts = {
    preflight: (order) => made().preflight(order),
    create: (order) => made().create(order),
    steer: (id, action) => made().steer(id, action),
  };
  const server = await startServer({ engine, deps: { broadcasts } });
  const clock = { now: () => server.clock.time };
  const log = createQuietLog();
  const work = createUnitOfWork({ db: server.db, clock, newId: newUuid });
  const pauses: number[] = [];
  const deps = {
    unitOfWork: work,
    channels: new Map((['twilio', 'meta'] as const).map((name) => [name, channelNamed(name)])),
    clock,
    log,
    live: createLive({ log }),
    jobs: { poke: () => {} },
    perSecond,
    pause: async (ms: number) => void pauses.push(ms),
    rules: {
      isWelcome: () => true,
      messagePrices: [
        { category: 'utility', prefix: '', micros: 20_000 },
        { category: 'utility', prefix: '1555', micros: 30_000 },
      ],
      ownAddresses: new Map([['meta', '106540352242922']]),
    } as unknown as BotRules,
  };
  real = createBroadcasts(deps);
  await work.run((stores) => stores.templates.replace('meta', [template]));
  const job = createSendBroadcast(deps);
  const run = (over: Partial<JobRun> = {}): JobRun => ({
    signal: new AbortController().signal,
    attempt: 1,
    lastAttempt: false,
    crashes: 0,
    ...over,
  });

  return {
    server,
    work,
    pauses,
    async call(method: 'GET' | 'POST', path: string, payload?: object | string, headers = {}) {
      const response = await server.app.inject({
        method,
        url: `/api/v1${path}`,
        headers: { ...server.bearer(), ...headers },
        ...(payload !== undefined && { payload }),
      });
      return { status: response.statusCode, body: response.json() };
    },
    /** Hands out until nothing can be done. */
    send: (broadcastId: string, over?: Partial<JobRun>) => job({ broadcastId }, run(over)),
    /** Somebody writes on Meta; their id. */
    async writes(phone: string): Promise<string> {
      const accepted = await work.run((stores) =>
        stores.inbox.accept(
          [
            inboundText(phone, 'hello', {
              channel: 'meta',
              replyAddress: phone.slice(1),
              ownAddress: '106540352242922',
            }),
          ],
          () => true,
        ),
      );
      return accepted[0]?.userId ?? '';
    },
    /** What the lanes would do with everything that is queued. */
    async lanesEnd(failing: (to: string) => boolean) {
      await work.run(async ({ outbox }) => {
        for (const userId of await outbox.usersWaiting()) {
          for (const part of await outbox.pending(userId)) {
            if (failing(part.to)) await outbox.failed(part, '131026', 'not on WhatsApp');
            else {
              await outbox.sending(part);
              await outbox.sent({ ...part, state: 'sending', attempts: 1 }, newUuid());
            }
          }
        }
      });
    },
    parts: () => server.db.selectFrom('outbound_parts').selectAll().orderBy('id').execute(),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
