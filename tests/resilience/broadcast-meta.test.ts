import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, inject, it } from 'vitest';
import { engines } from '#tests/support/engines.ts';
import type { MetaSent } from '#tests/support/meta-sent.ts';
import { type MetaStandIn, openMetaStandIn } from '#tests/support/meta-stand-in.ts';
import { approvedTemplate } from '#tests/support/meta-templates.ts';
import { metaAccountId } from '#tests/support/meta-webhook.ts';
import { metaSettings } from '#tests/support/vendor-settings.ts';
import { waitFor } from '#tests/support/wait-for.ts';
import { openWorld, type World } from '#tests/support/world.ts';
import { createDice, type Dice } from './dice.ts';

/*
 * Meta cannot be asked whether a message went out: what was on its way when the process died is told by a report with our reference,
 * or sent again half a minute later. BROADCAST_RECIPIENTS and BROADCAST_KILLS make it larger, RESILIENCE_SEED repeats its moments.
 */

const recipients = Number(process.env.BROADCAST_RECIPIENTS ?? 150);
const kills = Number(process.env.BROADCAST_KILLS ?? 2);
const seed = Number(process.env.RESILIENCE_SEED ?? Math.floor(Math.random() * 1_000_000));
const perSecond = recipients > 500 ? 120 : 40;

describe.each(engines)(
  'kill -9 in the middle of a broadcast over Meta on %s',
  { timeout: 400_000 },
  (engine) => {
    it(`${recipients} people get exactly one message each, with ${kills} kills (seed ${seed})`, async () => {
      const dice = createDice(seed);
      await using meta = await openMetaStandIn();
      meta.addTemplate(approvedTemplate('news', 'Hello {{1}}, we close at noon.'));
      await using world = await openWorld(
        {
          ...metaSettings(meta),
          WHATSAPP_BUSINESS_ACCOUNT_ID: metaAccountId,
          BROADCAST_PER_SECOND: String(perSecond),
          TURNS_AT_ONCE: '16',
        },
        { postgresUrl: engine === 'postgres' ? inject('postgresUrl') : undefined },
      );
      await using reporter = startReporting(world, meta, dice);
      const lost = loseSome(meta, dice);
      expect((await world.api('/templates/sync', { method: 'POST' })).status).toBe(200);
      const made = await world.api('/messages/bulk', {
        method: 'POST',
        body: {
          template: { name: 'news', language: 'en_US' },
          recipients: Array.from({ length: recipients }, (_, index) => ({
            phone: `+1555${String(3_000_000 + index)}`,
            values: { '1': `P${index}` },
          })),
        },
      });
      expect(made.status).toBe(202);

      const startedAt = Date.now();
      for (let kill = 1; kill <= kills; kill += 1) {
        const enough = Math.floor((recipients * kill) / (kills + 1));
        await waitFor(`${enough} messages`, () => meta.sent.length >= enough, 90_000);
        // The last that Meta takes before the end are answered by nobody.
        lost.all = true;
        const lostBefore = lost.answers;
        await waitFor('a message that nobody answers', () => lost.answers > lostBefore);
        await pause(dice.between(0, 120));
        await world.end(0, 'SIGKILL');
        lost.all = false;
        await world.begin(0);
      }
      await waitFor('everybody', () => new Set(meta.sent.map(({ to }) => to)).size >= recipients, 180_000);
      const broadcast = await settled(world, String(made.body.id));

      process.stdout.write(
        `${engine}: ${recipients} recipients, ${kills} kills, ${meta.attempts} attempts, ${lost.answers} answers and ${lost.messages} messages lost, ` +
          `${reporter.refused} webhooks refused, ${Math.round((Date.now() - startedAt) / 1_000)} s\n`,
      );
      const heard = Map.groupBy(meta.sent, ({ to }) => to);
      expect([...heard.values()].filter((messages) => messages.length !== 1)).toEqual([]);
      expect(heard.size).toBe(recipients);
      expect(lost.answers).toBeGreaterThan(0);
      expect(broadcast).toMatchObject({
        state: 'done',
        progress: { delivered: recipients, failed: 0, skipped: 0 },
      });
      expect(meta.problems).toEqual([]);
    });
  },
);

/** What was lost on the way: answers of Meta's, and messages that never reached it. */
interface Losses {
  /** While it is set, nobody hears an answer. */
  all: boolean;
  answers: number;
  messages: number;
}

/** One answer in twenty is lost, and one message in fifty: to the product they look alike. */
function loseSome(meta: MetaStandIn, dice: Dice): Losses {
  const tried = new Set<string>();
  const lost = { all: false, answers: 0, messages: 0 };
  meta.sendsFail((address) => {
    if (tried.has(address)) return 'ok';
    tried.add(address);
    const fate = dice.roll();
    if (fate < 0.02) {
      lost.messages += 1;
      return 'drop-before';
    }
    if (fate > 0.07 && !lost.all) return 'ok';
    lost.answers += 1;
    return lost.all ? 'silent' : 'drop-after';
  });
  return lost;
}

/** Reports what became of each message as Meta does: a little later, in any order, and again until a webhook is answered with 200. */
function startReporting(
  world: World,
  meta: MetaStandIn,
  dice: Dice,
): { readonly refused: number } & AsyncDisposable {
  const over = new AbortController();
  const dueAt = new Map<MetaSent, number>();
  let seen = 0;
  let refused = 0;

  async function reportWhatIsDue(): Promise<void> {
    const fresh = meta.sent.slice(seen);
    seen += fresh.length;
    for (const message of fresh) dueAt.set(message, Date.now() + dice.between(0, 400));
    const due = [...dueAt].filter(([, at]) => at <= Date.now()).map(([message]) => message);
    if (due.length === 0) return;
    const statuses = due.flatMap((message) => [
      meta.statusOf(message, 'delivered'),
      meta.statusOf(message, 'sent'),
    ]);
    const { status } = await meta
      .report(`${world.product().url}/webhook/meta`, statuses)
      .catch(() => ({ status: 0 }));
    if (status === 200) for (const message of due) dueAt.delete(message);
    else refused += 1;
  }

  const running = (async () => {
    while (!over.signal.aborted) {
      await reportWhatIsDue();
      await pause(50);
    }
  })();
  return {
    get refused() {
      return refused;
    },
    async [Symbol.asyncDispose]() {
      over.abort();
      await running;
    },
  };
}

async function settled(world: World, id: string): Promise<Record<string, unknown>> {
  for (let tries = 0; ; tries += 1) {
    const { body } = await world.api(`/broadcasts/${id}`);
    const { waiting, queued, sent } = body.progress as Record<string, number>;
    if ((body.state === 'done' && waiting === 0 && queued === 0 && sent === 0) || tries > 200) return body;
    await pause(200);
  }
}
