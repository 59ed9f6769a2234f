import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, inject, it } from 'vitest';
import { engines } from '#tests/support/engines.ts';
import { approvedContent } from '#tests/support/twilio-content.ts';
import { waitFor } from '#tests/support/wait-for.ts';
import { openWorld } from '#tests/support/world.ts';

/*
 * A broadcast is handed out while the process dies without warning. BROADCAST_RECIPIENTS and BROADCAST_KILLS make it larger; on
 * Postgres what a dead process held is taken over some fifteen seconds later.
 */

const recipients = Number(process.env.BROADCAST_RECIPIENTS ?? 600);
const sid = `HX${'a'.repeat(32)}`;

describe.each(engines)('kill -9 in the middle of a broadcast on %s', { timeout: 300_000 }, (engine) => {
  const kills = Number(process.env.BROADCAST_KILLS ?? (engine === 'postgres' ? 1 : 5));
  it(`${recipients} people get exactly one message each`, async () => {
    await using world = await openWorld(
      { BROADCAST_PER_SECOND: '120', TURNS_AT_ONCE: '16' },
      { postgresUrl: engine === 'postgres' ? inject('postgresUrl') : undefined },
    );
    world.twilio.addContent(approvedContent(sid, 'Hello {{1}}, we close at noon.'));
    expect((await world.api('/templates/sync', { method: 'POST' })).status).toBe(200);
    const made = await world.api('/messages/bulk', {
      method: 'POST',
      body: {
        template: { name: sid },
        recipients: Array.from({ length: recipients }, (_, index) => ({
          phone: `+1555${String(3_000_000 + index)}`,
          values: { '1': `P${index}` },
        })),
      },
    });
    expect(made.status).toBe(202);

    for (let kill = 1; kill <= kills; kill += 1) {
      // Somewhere in the middle of it, with messages on their way.
      const enough = Math.floor((recipients * kill) / (kills + 1));
      await waitFor(`${enough} messages`, () => world.twilio.sent.length >= enough, 60_000);
      await pause(Math.random() * 50);
      await world.restart('SIGKILL');
    }
    await waitFor('everybody', () => world.twilio.sent.length >= recipients, 120_000);
    const broadcast = await settled(world, String(made.body.id));

    const heard = Map.groupBy(world.twilio.sent, ({ to }) => to);
    expect([...heard.values()].filter((messages) => messages.length !== 1)).toEqual([]);
    expect(heard.size).toBe(recipients);
    expect(broadcast).toMatchObject({ state: 'done', progress: { sent: recipients, failed: 0, skipped: 0 } });
    expect(world.twilio.problems).toEqual([]);
  });
});

type World = Awaited<ReturnType<typeof openWorld>>;

async function settled(world: World, id: string): Promise<Record<string, unknown>> {
  for (let tries = 0; ; tries += 1) {
    const { body } = await world.api(`/broadcasts/${id}`);
    const { waiting, queued } = body.progress as Record<string, number>;
    if ((body.state === 'done' && waiting === 0 && queued === 0) || tries > 100) return body;
    await pause(200);
  }
}
