import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import SQLite from 'better-sqlite3';
import { afterEach, describe, expect, it } from 'vitest';
import { startPostgres } from '#tests/support/postgres-server.ts';
import { waitFor } from '#tests/support/wait-for.ts';
import { openWorld } from '#tests/support/world.ts';

/* Trouble with the storage: honest while it lasts, over without a restart, and nothing that was accepted is lost. */

const undo: (() => void)[] = [];
afterEach(() => {
  for (const step of undo.splice(0).reverse()) step();
});

/** A file system of its own that can be filled up without hurting anybody. */
function smallDisk(megabytes: number): string {
  const folder = mkdtempSync(join(tmpdir(), 'small-disk-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'none', folder]);
  undo.push(() => {
    execFileSync('umount', ['--lazy', folder]);
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

function fillUp(folder: string): string {
  const file = join(folder, 'filler');
  for (const bytes of [1_000_000, 50_000, 4096, 512]) {
    try {
      for (;;) writeFileSync(file, Buffer.alloc(bytes), { flag: 'a' });
    } catch (error) {
      if ((error as { code?: string }).code !== 'ENOSPC') throw error;
    }
  }
  return file;
}

// Only root may mount; everywhere else the other tests of this file have to do.
describe.runIf(process.getuid?.() === 0)('a full disk', () => {
  it('is told to the provider with 503, and everything accepted is answered once there is room', async () => {
    const disk = smallDisk(12);
    mkdirSync(join(disk, 'data'));
    await using world = await openWorld({ DATABASE_URL: `sqlite:///${join(disk, 'data', 'bot.db')}` });
    const ana = world.person('+491700000001');
    expect(await ana.says('before')).toBe(200);
    await ana.hears();

    const filler = fillUp(disk);
    const accepted: string[] = [];
    let refused = 0;
    for (let index = 0; refused === 0 && index < 2_000; index += 1) {
      const text = `while full ${index} ${'x'.repeat(2_000)}`;
      const status = await world.person(`+4917100${String(index % 50).padStart(5, '0')}`).says(text);
      if (status === 200) accepted.push(text);
      else {
        expect(status).toBe(503);
        refused += 1;
      }
    }
    expect(refused).toBe(1);
    rmSync(filler);
    await waitFor('room to be noticed', async () => (await ana.says('after')) === 200);
    await waitFor(
      'everything accepted to be taken up',
      () => {
        const asked = JSON.stringify(world.openai.calls);
        return [...accepted, 'after'].every((text) => asked.includes(text.slice(0, 20)));
      },
      60_000,
    );
    await waitFor('ana to hear', () => ana.heard.length >= 2);
  });
});

describe('a locked database', () => {
  it('holds answers up for as long as it is locked, and no longer', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'locked-'));
    undo.push(() => rmSync(folder, { recursive: true, force: true }));
    const file = join(folder, 'bot.db');
    await using world = await openWorld({ DATABASE_URL: `sqlite:///${file}` });
    const ana = world.person('+491700000001');
    await ana.says('before');
    await ana.hears();

    const intruder = new SQLite(file);
    intruder.exec('BEGIN IMMEDIATE');
    const statuses = [await ana.says('during one'), await ana.says('during two')];
    // Whatever could not be stored was refused, so that the provider repeats it.
    for (const status of statuses) expect([200, 503]).toContain(status);
    const health = await fetch(`${world.product().url}/health`);
    await health.text();
    intruder.exec('COMMIT');
    intruder.close();

    const texts = ['during one', 'during two'].filter((_text, index) => statuses[index] === 200);
    await ana.says('after');
    await waitFor('all answers', () => {
      const asked = JSON.stringify(world.openai.calls);
      return [...texts, 'after'].every((text) => asked.includes(text)) && ana.heard.length >= 2;
    });
  });
});

describe('Postgres going away', () => {
  it('is told to the provider with 503, and the bot goes on when it is back', async () => {
    await using server = await startPostgres();
    await using world = await openWorld({ DATABASE_URL: `${server.url}/postgres` });
    const ana = world.person('+491700000001');
    const ben = world.person('+491700000002');
    await ana.says('before');
    await ana.hears();

    // Ben's turn is with the model while the server goes away under it.
    const model = Promise.withResolvers<void>();
    world.openai.answers(async () => {
      await model.promise;
      return 'An answer that took its time.';
    });
    await ben.says('a long question');
    await waitFor('the model to be asked', () =>
      JSON.stringify(world.openai.calls).includes('a long question'),
    );
    await server.stop();
    const started = Date.now();
    expect(await ana.says('nobody can store this')).toBe(503);
    // Twilio gives up after 15 seconds.
    expect(Date.now() - started).toBeLessThan(12_000);
    const ready = await fetch(`${world.product().url}/health/ready`);
    await ready.text();
    expect(ready.status).toBe(503);
    model.resolve();
    await server.start();

    await waitFor('the database to be back', async () => (await ana.says('after')) === 200, 30_000);
    await waitFor('both to hear', () => ana.heard.length >= 2 && ben.heard.length >= 1, 60_000);
    expect(ben.heard).toEqual(['An answer that took its time.']);
  });
});
