import { mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSimulatorChannel } from '#src/adapters/channels/simulator/channel.ts';
import { removeOldUploads } from '#src/adapters/channels/simulator/spool.ts';
import { createLive } from '#src/adapters/system/live.ts';
import { newUuid } from '#src/adapters/system/new-id.ts';
import type { LiveEvent } from '#src/ports/live.ts';
import { createQuietLog } from '#tests/support/quiet-log.ts';

describe('the simulator channel', () => {
  const log = createQuietLog();
  const live = createLive({ log });
  const signal = new AbortController().signal;
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'spool-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const channel = () => createSimulatorChannel({ live, spoolFolder: folder, newId: newUuid });
  const fetchTo = (ref: string, target: string, maxBytes = 100) =>
    channel().fetchMedia(ref, { target: join(folder, target), maxBytes, signal });

  it('copies an upload and keeps it, so that an interrupted turn can fetch again', async () => {
    await writeFile(join(folder, 'upload-1'), 'hello');
    const fetched = await fetchTo('upload-1', 'copy.bin');
    expect(fetched).toEqual({ path: join(folder, 'copy.bin'), bytes: 5, contentType: '' });
    expect(await readFile(fetched.path, 'utf8')).toBe('hello');
    await fetchTo('upload-1', 'second.bin');
  });

  it('refuses what is over the limit and leaves nothing behind', async () => {
    await writeFile(join(folder, 'upload-1'), 'x'.repeat(101));
    await expect(fetchTo('upload-1', 'copy.bin')).rejects.toMatchObject({ problem: 'too_large' });
    expect(await readdir(folder)).toEqual(['upload-1']);
  });

  it('says that an upload is gone', async () => {
    await expect(fetchTo('upload-1', 'copy.bin')).rejects.toMatchObject({ problem: 'unavailable' });
  });

  it.each(['../secret', '/etc/passwd', '..', '', 'a/b', 'a\0b', 'x'.repeat(65)])(
    'does not leave its folder for %j',
    async (ref) => {
      await expect(fetchTo(ref, 'copy.bin')).rejects.toMatchObject({ problem: 'refused' });
    },
  );

  it('does not follow a link out of its folder', async () => {
    await symlink('/etc/hostname', join(folder, 'link'));
    await expect(fetchTo('link', 'copy.bin')).rejects.toMatchObject({ problem: 'refused' });
  });

  it('does not write over a file that is already there', async () => {
    await writeFile(join(folder, 'upload-1'), 'new');
    await writeFile(join(folder, 'taken.bin'), 'old');
    await expect(fetchTo('upload-1', 'taken.bin')).rejects.toMatchObject({ code: 'provider_unavailable' });
    expect(await readFile(join(folder, 'taken.bin'), 'utf8')).toBe('old');
  });

  it('gives each sent part an id of its own and shows the dots where the answer goes', async () => {
    const events: LiveEvent[] = [];
    const stop = live.subscribe((event) => events.push(event));
    const part = {
      id: newUuid(),
      to: 'simulator:+15550100',
      from: 'simulator:bot',
      text: 'Hi',
      firstTriedAt: new Date(),
    };
    const first = await channel().send(part, { signal });
    const second = await channel().send(part, { signal });
    expect(first.providerId).not.toBe(second.providerId);
    await channel().showTyping({ providerId: 'sim-in-1', to: part.to }, { signal });
    stop();
    expect(events).toEqual([{ kind: 'typing_to', address: part.to }]);
  });

  it('removes uploads that have served', async () => {
    await writeFile(join(folder, 'old'), 'x');
    await writeFile(join(folder, 'fresh'), 'x');
    const old = new Date('2026-01-01T00:00:00Z');
    await utimes(join(folder, 'old'), old, old);
    expect(await removeOldUploads(folder, new Date('2026-01-02T00:00:00Z'))).toBe(1);
    expect(await readdir(folder)).toEqual(['fresh']);
    expect(await removeOldUploads(join(folder, 'missing'), new Date())).toBe(0);
  });

  it('tells every page even when one of them fails', () => {
    const heard: string[] = [];
    const stops = [
      live.subscribe(() => {
        throw new Error('broken page');
      }),
      live.subscribe((event) => heard.push(event.kind)),
    ];
    live.announce({ kind: 'changed', userId: 'u' });
    for (const stop of stops) stop();
    live.announce({ kind: 'changed', userId: 'u' });
    expect(heard).toEqual(['changed']);
    expect(log.lines.filter((line) => line.level === 'error')).toHaveLength(1);
  });
});
