import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import SQLite from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { waitFor } from '#tests/support/wait-for.ts';
import { openWorld } from '#tests/support/world.ts';

/* A power cut between the acknowledgement and the database: what was answered with 200 is in the arrival log, and only there. */

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'arrivals-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('a process killed right after the acknowledgement', () => {
  it('answers after its restart, once, in order', async () => {
    const file = join(folder, 'bot.db');
    await using world = await openWorld({ DATABASE_URL: `sqlite:///${file}` });
    const people = Array.from({ length: 5 }, (_, index) => world.person(`+4917000000${10 + index}`));

    // Whoever holds the database keeps everything in the log, so that the end comes before the sorting for certain.
    const intruder = new SQLite(file);
    intruder.exec('BEGIN IMMEDIATE');
    expect(await Promise.all(people.map((person) => person.says('sent just before the end')))).toEqual(
      people.map(() => 200),
    );
    await world.end(0, 'SIGKILL');
    expect(intruder.prepare('select count(*) from messages').pluck().get()).toBe(0);
    intruder.exec('COMMIT');
    intruder.close();
    await world.begin(0);

    for (const person of people) await person.hears();
    const [ana] = people;
    expect(await ana?.says('sent afterwards')).toBe(200);
    await ana?.hears();
    const asked = world.openai.calls.map((call) => JSON.stringify(call));
    for (const person of people.slice(1)) expect(person.heard).toHaveLength(1);
    const last = asked.findLast((call) => call.includes('sent afterwards')) ?? '';
    expect(last.indexOf('sent just before the end')).toBeGreaterThan(-1);
    expect(last.indexOf('sent just before the end')).toBeLessThan(last.indexOf('sent afterwards'));
  });

  it('loses and doubles nothing when it dies again and again under load', async () => {
    const file = join(folder, 'bot.db');
    await using world = await openWorld({ DATABASE_URL: `sqlite:///${file}`, REPLY_DELAY_MS: '0' });
    const accepted: string[] = [];
    for (let round = 0; round < 3; round += 1) {
      const sent = Array.from({ length: 60 }, async (_, index) => {
        const text = `message ${round}-${index}.`;
        const status = await world
          .person(`+4917000001${String(index % 10).padStart(2, '0')}`)
          .says(text)
          .catch(() => 0);
        if (status === 200) accepted.push(text);
      });
      // The end comes in the middle of it.
      await Promise.race(sent);
      await world.end(0, 'SIGKILL');
      await Promise.all(sent);
      await world.begin(0);
    }
    const stored = () => {
      const reader = new SQLite(file, { readonly: true });
      const rows = reader.prepare("select content from messages where direction = 'inbound'").pluck().all();
      reader.close();
      return rows as string[];
    };
    await waitFor('every accepted message', () => {
      const now = new Set(stored());
      return accepted.every((text) => now.has(text));
    });
    expect(accepted.length).toBeGreaterThan(0);
    expect(new Set(stored()).size).toBe(stored().length);
  });
});
