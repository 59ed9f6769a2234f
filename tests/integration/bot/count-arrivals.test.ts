import { describe, expect, it } from 'vitest';
import { createUnitOfWork } from '#src/adapters/store/unit-of-work.ts';
import { newUuid } from '#src/adapters/system/new-id.ts';
import { createMemoryRateLimiter } from '#src/adapters/system/rate-limiter.ts';
import { countArrivals } from '#src/bot/count-arrivals.ts';
import type { BotRules } from '#src/bot/deps.ts';
import { receive } from '#src/bot/receive.ts';
import { engines, openTestDatabase } from '#tests/support/engines.ts';
import { inboundText } from '#tests/support/inbound.ts';
import { createQuietMetrics } from '#tests/support/quiet-metrics.ts';
import { createTestClock } from '#tests/support/test-clock.ts';

const rules = { appName: 'the assistant' } as BotRules;
const clock = createTestClock();
const newLimiter = () => createMemoryRateLimiter({ messages: 2, windowSeconds: 60, clock });

describe.each(engines)('counting messages on %s', (engine) => {
  it('stores which were too many, so that any process can judge them', async () => {
    await using database = await openTestDatabase(engine);
    const unitOfWork = createUnitOfWork({ db: database.db, clock, newId: newUuid });
    const accepted = await unitOfWork.run(async (stores) => {
      const fresh = await stores.inbox.accept(
        [
          ...['one', 'two', 'three', 'four'].map((text) => inboundText('+15550001111', text)),
          inboundText('+15550002222', 'somebody else'),
        ],
        () => true,
      );
      await countArrivals(stores, newLimiter(), fresh);
      return fresh;
    });

    for (const userId of new Set(accepted.map((message) => message.userId))) {
      await receive({ unitOfWork, clock, rules, channels: new Map(), metrics: createQuietMetrics() }, userId);
    }
    const verdicts = await database.db
      .selectFrom('messages')
      .select(['content', 'verdict'])
      .where('direction', '=', 'inbound')
      .orderBy('id')
      .execute();
    expect(verdicts.map((row) => [row.content, row.verdict])).toEqual([
      ['one', 'allowed'],
      ['two', 'allowed'],
      ['three', 'rate_limited'],
      ['four', 'rate_limited'],
      ['somebody else', 'allowed'],
    ]);
    const notices = database.db.selectFrom('outbound_parts').select('text');
    expect((await notices.execute()).map((part) => part.text)).toEqual([
      'That was a lot at once. I can take more messages in 60 seconds; please send this again then.',
    ]);
  });
});
