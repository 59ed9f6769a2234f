import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openLocalMediaStore } from '#src/adapters/media/local-media-store.ts';

const ana = '0199f0c0-0000-7000-8000-000000000001';
const file = '0199f0c0-0000-7000-8000-000000000002';

describe('the media folder', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'media-'));
  });
  afterEach(() => rm(folder, { recursive: true }));
  const open = () => openLocalMediaStore({ folder: join(folder, 'media') });

  it('has a folder for each person that nobody else on the machine can read', async () => {
    const path = await open().pathFor(ana, file);
    expect(path).toBe(join(folder, 'media', ana, file));
    for (const made of [join(folder, 'media'), join(folder, 'media', ana)]) {
      expect((await stat(made)).mode & 0o777).toBe(0o700);
    }
  });

  it('can move: stored paths are relative', async () => {
    const store = open();
    const path = await store.pathFor(ana, file);
    expect(store.relative(path)).toBe(`${ana}/${file}`);
    expect(store.resolve(`${ana}/${file}`)).toBe(path);
  });

  it('forgets a file, and a file that is already gone', async () => {
    const store = open();
    await writeFile(await store.pathFor(ana, file), 'x');
    await store.remove(`${ana}/${file}`);
    await store.remove(`${ana}/${file}`);
    expect(await readdir(join(folder, 'media', ana))).toEqual([]);
  });

  it.each(['..', '.', '', 'a/b', '../x', 'a\0b', 'x'.repeat(65)])('takes no id like %j', async (id) => {
    await expect(open().pathFor(id, file)).rejects.toThrow(RangeError);
    await expect(open().pathFor(ana, id)).rejects.toThrow(RangeError);
  });

  it.each(['../secret', '/etc/passwd', `${ana}/../../secret`, '', '.', 'a\0b'])(
    'leads nowhere else: %j',
    async (path) => {
      expect(() => open().resolve(path)).toThrow(RangeError);
      await expect(open().remove(path)).rejects.toThrow(RangeError);
    },
  );

  it('does not take a neighbor for itself', () => {
    expect(() => open().relative(join(folder, 'media-of-others', 'x'))).toThrow(RangeError);
  });
});
