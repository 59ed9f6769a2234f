import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openLocalMediaStore } from '#src/adapters/media/local-media-store.ts';
import { createUnitOfWork } from '#src/adapters/store/unit-of-work.ts';
import { newUuid } from '#src/adapters/system/new-id.ts';
import { removeOldMedia } from '#src/bot/remove-old-media.ts';
import { engines, openTestDatabase } from '#tests/support/engines.ts';
import { createQuietLog } from '#tests/support/quiet-log.ts';
import { createTestClock } from '#tests/support/test-clock.ts';

const dayMs = 24 * 60 * 60 * 1000;

describe.each(engines)('the daily removal of files on %s', (engine) => {
  let folder: string;
  let database: Awaited<ReturnType<typeof openTestDatabase>>;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'media-'));
    database = await openTestDatabase(engine);
  });
  afterEach(async () => {
    await database[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  it('takes what is older than the owner wants, also what nobody remembers, and leaves the rest', async () => {
    const clock = createTestClock();
    const media = openLocalMediaStore({ folder });
    const unitOfWork = createUnitOfWork({ db: database.db, clock, newId: newUuid });
    const log = createQuietLog();

    async function receive(providerId: string): Promise<string> {
      const phone = '+15550001111';
      return unitOfWork.run(async (stores) => {
        const [arrival] = await stores.inbox.accept(
          [
            {
              channel: 'twilio',
              providerId,
              sender: [{ kind: 'phone', scope: '', value: phone }],
              replyAddress: `whatsapp:${phone}`,
              ownAddress: 'whatsapp:+14155238886',
              type: 'image',
              text: '',
              attachments: [{ ref: 'https://x/1', declaredType: 'image/png' }],
            },
          ],
          () => true,
        );
        const [message] = await stores.inbox.undecided(arrival?.userId ?? '');
        const file = message?.attachments.at(-1);
        if (!arrival || !message || !file) throw new Error('nothing was stored');
        await stores.inbox.leaveUnanswered(new Map([[message.id, 'allowed']]));
        const path = await media.pathFor(arrival.userId, file.id);
        await writeFile(path, 'bytes');
        await utimes(path, clock.now(), clock.now());
        const sniffed = { kind: 'image', mimeType: 'image/png', extension: 'png' } as const;
        await stores.attachments.fetched(file.id, {
          path: media.relative(path),
          bytes: 5,
          sniffed,
          mislabelled: false,
        });
        return path;
      });
    }

    const old = await receive('SM1');
    const stray = join(dirname(old), 'stray');
    await writeFile(stray, 'half a file');
    await utimes(stray, clock.now(), clock.now());
    const lonely = join(folder, 'somebody', 'stray');
    await mkdir(dirname(lonely));
    await writeFile(lonely, 'half a file');
    await utimes(lonely, clock.now(), clock.now());
    clock.advance(20 * dayMs);
    const young = await receive('SM2');
    clock.advance(11 * dayMs);

    const signal = new AbortController().signal;
    expect(await removeOldMedia({ unitOfWork, media, clock, log }, 30, signal)).toBe(3);
    expect([old, stray, lonely, young].map((path) => existsSync(path))).toEqual([false, false, false, true]);
    expect(await readdir(folder)).toHaveLength(1);
    const rows = await database.db.selectFrom('attachments').select('path').orderBy('id').execute();
    expect(rows.map(({ path }) => path === null)).toEqual([true, false]);
    expect(await removeOldMedia({ unitOfWork, media, clock, log }, 30, signal)).toBe(0);
  });
});
