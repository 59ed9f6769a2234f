import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createMetaChannel } from '#src/adapters/channels/meta/channel.ts';
import { createUnitOfWork } from '#src/adapters/store/unit-of-work.ts';
import { createLive } from '#src/adapters/system/live.ts';
import { newUuid } from '#src/adapters/system/new-id.ts';
import { createChannelHealth } from '#src/bot/channel-health.ts';
import { deliver } from '#src/bot/deliver.ts';
import type { BotDeps, BotRules } from '#src/bot/deps.ts';
import { eraseAtProvider, erasePerson } from '#src/bot/erase-person.ts';
import { eraseOldUploads } from '#src/bot/erase-uploads.ts';
import { receive } from '#src/bot/receive.ts';
import type { Channel } from '#src/ports/channel.ts';
import type { UnitOfWork } from '#src/ports/stores.ts';
import { engines, openTestDatabase } from '#tests/support/engines.ts';
import { exchange } from '#tests/support/exchange.ts';
import { inboundText } from '#tests/support/inbound.ts';
import { type MetaStandIn, openMetaStandIn } from '#tests/support/meta-stand-in.ts';
import { createQuietLog } from '#tests/support/quiet-log.ts';
import { createQuietMetrics } from '#tests/support/quiet-metrics.ts';
import { createTestClock } from '#tests/support/test-clock.ts';

const hourMs = 60 * 60_000;
const dayMs = 24 * hourMs;
const run = { signal: new AbortController().signal, attempt: 1, lastAttempt: false, crashes: 0 };

describe.each(engines)('a file that Meta keeps because we sent it, on %s', (engine) => {
  let database: Awaited<ReturnType<typeof openTestDatabase>>;
  let meta: MetaStandIn;
  let folder: string;
  let work: UnitOfWork;
  let clock: ReturnType<typeof createTestClock>;
  let queries: number;
  let userId: string;

  const deps = () => {
    const log = createQuietLog();
    const channel = createMetaChannel({
      ...meta,
      baseUrl: meta.url,
      exchange,
      fetchFile: () => Promise.reject(new Error('no file is fetched here')),
      log,
    });
    return {
      unitOfWork: {
        run: ((steps, until) => {
          queries += 1;
          return work.run(steps, until);
        }) as UnitOfWork['run'],
      },
      channels: new Map<'meta', Channel>([['meta', channel]]),
      channelHealth: createChannelHealth({ channels: ['meta'], clock, log }),
      clock,
      log,
      live: createLive({ log }),
      metrics: createQuietMetrics(),
      startedAt: new Date(0),
      rules: { nudges: new Map() } as unknown as BotRules,
      media: { removeAll: async () => {} },
      exports: { remove: async () => {} },
    } as unknown as BotDeps;
  };

  beforeEach(async () => {
    database = await openTestDatabase(engine);
    meta = await openMetaStandIn();
    folder = await mkdtemp(join(tmpdir(), 'uploads-'));
    clock = createTestClock();
    work = createUnitOfWork({ db: database.db, clock, newId: newUuid });
    queries = 0;
    await work.run(async (stores) => {
      const message = inboundText('+15550001111', 'hello', { channel: 'meta', replyAddress: '15550001111' });
      const [accepted] = await stores.inbox.accept([message], () => true);
      userId = accepted?.userId ?? '';
    });
  });
  afterEach(async () => {
    expect(meta.problems).toEqual([]);
    await database[Symbol.asyncDispose]();
    await meta[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  async function queue(text = 'Your data', hasFile = true) {
    const path = join(folder, 'out');
    await writeFile(path, '{}');
    const file = { path, mimeType: 'application/json', fileName: 'my-data.json' };
    const to = { userId, channel: 'meta', replyAddress: '15550001111', ownAddress: '1' } as const;
    await work.run((stores) => stores.outbox.queueNotice(to, [text], hasFile ? { extras: { file } } : {}));
  }
  const serve = async () => deliver(deps(), userId, await receive(deps(), userId), run);
  const uploads = () => database.db.selectFrom('uploads').selectAll().execute();
  const uploaded = () => meta.uploaded.map(({ id }) => id);

  it('is noted before the message goes out, and costs mere text nothing', async () => {
    await queue('one', false);
    const text = await receive(deps(), userId);
    queries = 0;
    await deliver(deps(), userId, text, run);
    const forText = queries;
    await queue();
    const file = await receive(deps(), userId);
    queries = 0;
    await deliver(deps(), userId, file, run);
    expect(queries).toBe(forText + 1);
    expect(await uploads()).toMatchObject([{ channel: 'meta', ref: uploaded()[0] }]);
  });

  it('is deleted there when the person is forgotten, however often it was uploaded', async () => {
    await queue();
    meta.nextSends(['drop-before']);
    await expect(serve()).rejects.toMatchObject({ code: 'provider_unavailable' });
    // No report has told what became of it.
    clock.advance(hourMs);
    await serve();
    expect(meta.sent).toHaveLength(1);
    expect(uploaded()).toHaveLength(2);

    await erasePerson(deps(), { userId }, run);
    expect(await uploads()).toEqual([]);
    await eraseAtProvider(deps(), { userId }, run);
    expect(meta.deleted.toSorted()).toEqual(uploaded().toSorted());
    expect(await database.db.selectFrom('erasures').selectAll().execute()).toEqual([]);
  });

  it('is deleted there after a day, and tried again when that fails', async () => {
    await queue();
    await serve();
    clock.advance(dayMs - 1_000);
    await eraseOldUploads(deps(), run.signal);
    expect(meta.deleted).toEqual([]);
    clock.advance(2_000);
    meta.nextCalls([{ status: 500 }]);
    await eraseOldUploads(deps(), run.signal);
    expect(await uploads()).toHaveLength(1);
    await eraseOldUploads(deps(), run.signal);
    expect(meta.deleted).toEqual(uploaded());
    expect(await uploads()).toEqual([]);
  });

  it('is deleted there at once when its person is gone, and nothing goes out', async () => {
    await queue();
    const atHand = await receive(deps(), userId);
    const part = atHand.parts[0];
    const { send } = deps().channels.get('meta') as Channel;
    await database.db.deleteFrom('messages').where('direction', '=', 'outbound').execute();
    const uploadedTo = async (ref: string) => {
      if (!(await work.run((stores) => stores.uploads.note(part?.id ?? '', { channel: 'meta', ref }))))
        throw new Error('gone');
    };
    const out = {
      id: 'p1',
      to: '15550001111',
      from: '1',
      text: '',
      file: part?.file,
      firstTriedAt: new Date(0),
    };
    await expect(send(out, { signal: run.signal, uploaded: uploadedTo })).rejects.toThrow('gone');
    expect([meta.sent, meta.deleted]).toEqual([[], uploaded()]);
  });
});
