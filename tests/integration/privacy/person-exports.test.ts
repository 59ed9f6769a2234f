import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createPersonExports } from '#src/adapters/privacy/person-exports.ts';
import { newUuid } from '#src/adapters/system/new-id.ts';
import { createTestClock } from '#tests/support/test-clock.ts';

describe('exports of people', () => {
  const clock = createTestClock();
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'exports-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const open = (publicUrl: string | undefined = 'https://bot.example.com', secretKey = 'k'.repeat(32)) =>
    createPersonExports({
      folder,
      secretKey,
      publicUrl,
      async *readPerson(userId) {
        yield '{"person":';
        yield `"${userId}"}`;
      },
      clock,
      newId: newUuid,
    });
  const tokenOf = (made: { link: string | undefined }) => made.link?.split('/').at(-1) ?? '';
  const files = async () => (await readdir(folder, { recursive: true })).filter((name) => name.includes('/'));

  it('can be fetched by their link until it is over, and are gone then', async () => {
    const exports = open();
    const token = tokenOf(await exports.make('user-1'));
    const file = await exports.open(token);
    expect(JSON.parse(await readFile(file?.path ?? '', 'utf8'))).toEqual({ person: 'user-1' });
    clock.advance(24 * 3600_000 - 1000);
    expect(await exports.open(token)).toBeDefined();
    clock.advance(1000);
    expect(await exports.open(token)).toBeUndefined();
    expect(await files()).toEqual([]);
  });

  it('are removed when nobody fetches them', async () => {
    const exports = open();
    await exports.make('user-1');
    clock.advance(20 * 3600_000);
    const token = tokenOf(await exports.make('user-2'));
    clock.advance(5 * 3600_000);
    expect(await exports.removeOld()).toBe(1);
    expect(await readdir(folder)).toEqual(['user-2']);
    expect(await exports.open(token)).toBeDefined();
    await exports.remove('user-2');
    expect(await exports.open(token)).toBeUndefined();
  });

  it('are not to be had with another key, for longer, or of somebody else', async () => {
    const exports = open();
    const token = tokenOf(await exports.make('user-1'));
    await exports.make('user-2');
    const [user, id, end, signature] = token.split('.');
    expect(await open(undefined, 'x'.repeat(32)).open(token)).toBeUndefined();
    for (const forged of [
      `user-2.${id}.${end}.${signature}`,
      `${user}.${id}.${Number(end) + 1}.${signature}`,
      `${user}.${id}.${end}.${signature}.`,
      `${user}.${id}.${end}.${signature}A`,
      `${user}.${id}.${end}.${signature}=`,
      `${user}.${id}.${end}. ${signature}`,
      `${user}.${id}.${end}.%%%`,
      '../../etc.passwd.9999999999.x',
      '....',
      '',
    ]) {
      expect([forged, await exports.open(forged)]).toEqual([forged, undefined]);
    }
    expect(await exports.open(token)).toBeDefined();
  });

  it('have no link where nobody could follow one', async () => {
    const exports = createPersonExports({
      folder,
      secretKey: 'k'.repeat(32),
      publicUrl: undefined,
      async *readPerson() {
        yield '{}';
      },
      clock,
      newId: newUuid,
    });
    expect(await exports.make('user-1')).toMatchObject({ bytes: 2, link: undefined });
  });
});
