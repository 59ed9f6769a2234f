import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createPersonExports } from '#src/adapters/privacy/person-exports.ts';
import { createReadPerson } from '#src/adapters/store/read-person.ts';
import { createUnitOfWork } from '#src/adapters/store/unit-of-work.ts';
import { newUuid } from '#src/adapters/system/new-id.ts';
import { runPrivacyCommand } from '#src/bot/privacy-commands.ts';
import type { ChannelName } from '#src/domain/identity.ts';
import type { Channel } from '#src/ports/channel.ts';
import { engines, openTestDatabase } from '#tests/support/engines.ts';
import { createTestClock } from '#tests/support/test-clock.ts';

describe.each(engines)('/export on %s', (engine) => {
  let folder: string;
  let database: Awaited<ReturnType<typeof openTestDatabase>>;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'exports-'));
    database = await openTestDatabase(engine);
  });
  afterEach(async () => {
    await database[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  /** Asks for the data over a channel; what is said, and what is on its way. */
  async function ask(channel: ChannelName, fileBytes: number | undefined) {
    const clock = createTestClock();
    const unitOfWork = createUnitOfWork({ db: database.db, clock, newId: newUuid });
    const exports = createPersonExports({
      folder,
      secretKey: 'k'.repeat(32),
      publicUrl: undefined,
      readPerson: createReadPerson(database.db),
      clock,
      newId: newUuid,
    });
    const turn = await unitOfWork.run(async (stores) => {
      const phone = '+15550001111';
      const message = {
        channel,
        providerId: 'wamid.1',
        sender: [{ kind: 'phone', scope: '', value: phone } as const],
        replyAddress: '15550001111',
        ownAddress: '1',
        profileName: 'Anastasia',
        type: 'text' as const,
        text: '/export',
        attachments: [],
      };
      const [arrival] = await stores.inbox.accept([message], () => true);
      const userId = arrival?.userId ?? '';
      const conversationId = await stores.conversations.active(userId);
      await stores.turns.open({ userId, conversationId, messageIds: [arrival?.messageId ?? ''] });
      return stores.turns.next(userId);
    });
    if (!turn) throw new Error('no turn');
    const channels = new Map([[channel, { limits: { textUnits: 4096, fileBytes } } as Channel]]);
    const deps = { unitOfWork, clock, exports, channels, rules: {} };
    const said = await runPrivacyCommand(
      deps as unknown as Parameters<typeof runPrivacyCommand>[0],
      turn,
      'export',
    );
    return { said, parts: await unitOfWork.run((stores) => stores.outbox.pending(turn.userId)) };
  }

  it('is a file where the channel carries one', async () => {
    const { said, parts } = await ask('meta', 1_000_000);
    expect(said).toContain('as a JSON file');
    expect(parts.map(({ file }) => file?.fileName)).toEqual(['my-data.json']);
    const data = JSON.parse(await readFile(parts[0]?.file?.path ?? '', 'utf8'));
    expect(data.person.whatsapp_name).toBe('Anastasia');
    expect(data.messages).toHaveLength(1);
  });

  it('is a word of regret where there is neither a file nor an address for a link', async () => {
    for (const bytes of [undefined, 10]) {
      const { said, parts } = await ask('twilio', bytes);
      expect(said).toContain('PUBLIC_URL');
      expect(parts).toEqual([]);
      await database.db.deleteFrom('messages').execute();
      await database.db.deleteFrom('turns').execute();
    }
  });
});
