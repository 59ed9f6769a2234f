import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, inject, it } from 'vitest';
import { engines } from '#tests/support/engines.ts';
import { approvedContent } from '#tests/support/twilio-content.ts';
import { waitFor } from '#tests/support/wait-for.ts';
import { openWorld, type World } from '#tests/support/world.ts';

/* A broadcast is paused, goes on and is canceled with people's lanes full, and the process dies in between. */

const sid = `HX${'a'.repeat(32)}`;
const recipients = 150;
/** What can be on its way to Twilio at the moment of a pause. */
const turnsAtOnce = 2;
const phoneOf = (index: number) => `+1555${String(3_000_000 + index)}`;

describe.each(engines)('a broadcast with full lanes on %s', { timeout: 120_000 }, (engine) => {
  it('stands still while it is paused, also after a kill -9, and goes on without repeating anybody', async () => {
    await using world = await openFull(engine);
    const { twilio } = world;
    const id = await begin(world);
    await waitFor('the first messages', () => twilio.sent.length >= 20);
    expect((await act(world, id, 'pause')).state).toBe('paused');
    const atPause = twilio.sent.length;
    await pause(500);
    const stood = twilio.sent.length;
    expect(stood - atPause).toBeLessThanOrEqual(turnsAtOnce);
    expect(await progressOf(world, id)).toMatchObject({ sent: stood, queued: 0 });
    expect((await progressOf(world, id)).held).toBeGreaterThan(0);

    await world.restart('SIGKILL');
    // Whoever is written to in vain is answered all the same.
    const last = world.person(phoneOf(recipients - 1));
    expect(await last.says('/help')).toBe(200);
    expect(await last.hears(30_000)).toContain('/usage');
    expect(twilio.sent).toHaveLength(stood + 1);

    await act(world, id, 'resume');
    await waitFor('more messages', () => twilio.sent.length >= stood + 20, 30_000);
    await world.restart('SIGKILL');
    await waitFor('everybody', () => twilio.sent.length > recipients, 60_000);
    await waitFor('the end', async () => (await progressOf(world, id)).sent === recipients);
    expect(heardTwice(world)).toEqual([]);
    expect(new Set(broadcastTo(world)).size).toBe(recipients);
    expect(twilio.problems).toEqual([]);
  });

  it('sends to nobody any more once it is canceled, and says so of each of them', async () => {
    await using world = await openFull(engine);
    const { twilio } = world;
    const id = await begin(world);
    await waitFor('the first messages', () => twilio.sent.length >= 20);
    expect((await act(world, id, 'cancel')).state).toBe('canceled');
    const atCancel = twilio.sent.length;
    await world.restart('SIGKILL');
    await waitFor('what had begun', async () => (await progressOf(world, id)).queued === 0, 40_000);
    await pause(500);
    const sent = twilio.sent.length;
    expect(sent - atCancel).toBeLessThanOrEqual(turnsAtOnce);
    expect(heardTwice(world)).toEqual([]);
    expect(await progressOf(world, id)).toMatchObject({
      sent,
      skipped: recipients - sent,
      waiting: 0,
      held: 0,
      failed: 0,
    });
    const { body } = await world.api(`/broadcasts/${id}/recipients?state=skipped&limit=100`);
    const reasons = (body.items as { reason_code: string }[]).map((item) => item.reason_code);
    expect(new Set(reasons)).toEqual(new Set(['canceled']));
  });
});

async function openFull(engine: (typeof engines)[number]): Promise<World> {
  const world = await openWorld(
    { BROADCAST_PER_SECOND: '500', TURNS_AT_ONCE: String(turnsAtOnce) },
    { postgresUrl: engine === 'postgres' ? inject('postgresUrl') : undefined },
  );
  world.twilio.addContent(approvedContent(sid, 'Hello {{1}}, we close at noon.'));
  expect((await world.api('/templates/sync', { method: 'POST' })).status).toBe(200);
  return world;
}

async function begin(world: World): Promise<string> {
  const made = await world.api('/messages/bulk', {
    method: 'POST',
    body: {
      template: { name: sid },
      recipients: Array.from({ length: recipients }, (_, index) => ({
        phone: phoneOf(index),
        values: { '1': `P${index}` },
      })),
    },
  });
  expect(made.status).toBe(202);
  return String(made.body.id);
}

async function act(world: World, id: string, action: string): Promise<Record<string, unknown>> {
  return (await world.api(`/broadcasts/${id}/${action}`, { method: 'POST' })).body;
}

async function progressOf(world: World, id: string): Promise<Record<string, number>> {
  return (await world.api(`/broadcasts/${id}`)).body.progress as Record<string, number>;
}

/** Everybody a message of the broadcast went to, one entry for each. */
const broadcastTo = (world: World): string[] =>
  world.twilio.sent.filter(({ body }) => !body.includes('/usage')).map(({ to }) => to);

function heardTwice(world: World): string[] {
  const all = broadcastTo(world);
  return all.filter((to, index) => all.indexOf(to) !== index);
}
