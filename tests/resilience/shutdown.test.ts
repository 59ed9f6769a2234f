import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { engines } from '#tests/support/engines.ts';
import { startProduct } from '#tests/support/product.ts';
import { waitFor } from '#tests/support/wait-for.ts';
import { openWorld, type World } from '#tests/support/world.ts';

/* Ending a process on purpose: what runs is finished, what cannot be finished is handed on, and nobody notices. */

describe.each(engines)('SIGTERM on %s', (engine) => {
  let world: World;
  const ana = () => world.person('+15553100001');

  beforeEach(async () => {
    world = await openWorld({}, { postgresUrl: engine === 'postgres' ? inject('postgresUrl') : undefined });
    world.openai.answers(({ text }) => `You wrote: ${text.split('\n').at(-1)}`);
  });
  afterEach(async () => {
    expect(world.twilio.problems).toEqual([]);
    expect(world.openai.problems).toEqual([]);
    expect(world.twilio.duplicates).toBe(0);
    await world[Symbol.asyncDispose]();
  });

  it('while a turn runs lets it end: the answer is sent, and the process ends well', async () => {
    world.openai.next({ kind: 'slow', ms: 1_500 });
    const person = ana();
    await person.says('one last thing');
    await world.openai.called(1);
    const ended = world.end(0, 'SIGTERM');
    expect(await person.hears()).toBe('You wrote: one last thing');
    expect(await ended).toBe(0);

    await world.begin(0);
    await person.says('are you back?');
    expect(await person.hears()).toBe('You wrote: are you back?');
    expect(world.openai.calls).toHaveLength(2);
  });

  it('hands on what it has not begun', async () => {
    const person = ana();
    await person.says('just in time');
    await world.restart('SIGTERM');
    expect(await person.hears()).toBe('You wrote: just in time');
    expect(person.heard).toHaveLength(1);
  });

  it('shows red while it finishes what runs', async () => {
    // A closed port is as red as a 503.
    const ready = () => statusOf(`${world.product().url}/health/ready`).catch(() => 503);
    expect(await ready()).toBe(200);
    world.openai.next({ kind: 'slow', ms: 1_500 });
    const person = ana();
    await person.says('a long story');
    await world.openai.called(1);
    const ended = world.end(0, 'SIGTERM');
    await waitFor('red', async () => (await ready()) === 503);
    expect(person.heard).toEqual([]);
    expect(await person.hears()).toBe('You wrote: a long story');
    expect(await ended).toBe(0);
  });

  it('shows red before the port closes, also when nothing runs', async () => {
    const folder = world.product().folder;
    await world.end(0, 'SIGTERM');
    await using idle = await startProduct({
      folder,
      env: { DRAIN_SECONDS: '1', DATABASE_URL: `sqlite:///${folder}/idle.db` },
    });
    expect(await statusOf(`${idle.url}/health/ready`)).toBe(200);
    const ended = idle.stop('SIGTERM');
    await waitFor('red', async () => (await statusOf(`${idle.url}/health/ready`)) === 503);
    expect(await ended).toBe(0);
    await world.begin(0);
  });

  it('twice ends it at once, and the next process picks up what was left', async () => {
    world.openai.next({ kind: 'silence' });
    const person = ana();
    await person.says('are you there?');
    await world.openai.called(1);
    const product = world.product();
    const ended = world.end(0, 'SIGTERM');
    await waitFor('the first signal to be heard', () => product.output().includes('"closing"'));
    const asked = Date.now();
    void world.end(0, 'SIGTERM');
    await ended;
    expect(Date.now() - asked).toBeLessThan(3_000);

    await world.begin(0);
    // On Postgres the lease of the ended process has to run out first.
    expect(await person.hears(40_000)).toBe('You wrote: are you there?');
    expect(person.heard).toHaveLength(1);
  });
});

async function statusOf(url: string): Promise<number> {
  const response = await fetch(url);
  await response.text();
  return response.status;
}
