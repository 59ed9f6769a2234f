import { createHmac, timingSafeEqual } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { lstat, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { PersonExports, ReadPerson } from '#src/ports/privacy.ts';
import type { Clock, NewId } from '#src/ports/system.ts';

/** Long enough to be opened at home, short enough for a link that anybody could open. */
const hours = 24;

interface ExportDeps {
  /** Absolute path; made when missing, and readable by this user alone. */
  readonly folder: string;
  /** Signs links; they work for as long as it stays the same. */
  readonly secretKey: string;
  /** Without a trailing slash; undefined when the world cannot reach us. */
  readonly publicUrl: string | undefined;
  readonly readPerson: ReadPerson;
  readonly clock: Clock;
  readonly newId: NewId;
}

/** Files of exports, one a person, each under a signed link that ends. The name of a file says when. */
export function createPersonExports(deps: ExportDeps): PersonExports {
  const { folder, publicUrl, readPerson, clock, newId } = deps;
  const key = createHmac('sha256', deps.secretKey).update('links of exports').digest();
  const sign = (text: string) => createHmac('sha256', key).update(text).digest('base64url');
  const nowSeconds = () => Math.floor(clock.now().getTime() / 1000);

  const folderOf = (userId: string) => join(folder, idOf(userId));

  return {
    async make(userId) {
      const own = folderOf(userId);
      await rm(own, { recursive: true, force: true });
      await mkdir(own, { recursive: true, mode: 0o700 });
      const name = `${newId()}.${nowSeconds() + hours * 3600}`;
      const unfinished = join(own, `${name}.part`);
      await pipeline(Readable.from(readPerson(userId)), createWriteStream(unfinished, { mode: 0o600 }));
      const path = join(own, name);
      await rename(unfinished, path);
      const { size: bytes } = await lstat(path);
      const text = `${userId}.${name}`;
      const link = publicUrl && `${publicUrl}/export/${text}.${sign(text)}`;
      return { path, bytes, link, hours };
    },

    async open(token) {
      const [userId, id, end, signature, ...more] = token.split('.');
      if (!userId || !id || !end || !signature || more.length > 0) return undefined;
      // As text: base64url is read leniently, so that many texts would be the same signature.
      const given = Buffer.from(signature);
      const right = Buffer.from(sign(`${userId}.${id}.${end}`));
      if (given.length !== right.length || !timingSafeEqual(given, right)) return undefined;
      const path = join(folderOf(userId), `${idOf(id)}.${Number(end)}`);
      if (Number(end) <= nowSeconds()) {
        await rm(path, { force: true });
        return undefined;
      }
      const facts = await lstat(path).catch(() => undefined);
      return facts?.isFile() ? { path, bytes: facts.size } : undefined;
    },

    async remove(userId) {
      await rm(folderOf(userId), { recursive: true, force: true });
    },

    async removeOld() {
      let removed = 0;
      for (const entry of await readdir(folder, { withFileTypes: true })) {
        if (!entry.isDirectory()) continue;
        const own = join(folder, entry.name);
        const names = await readdir(own);
        const isOver = (name: string) => Number(name.split('.')[1]) <= nowSeconds();
        const over = names.filter(isOver);
        for (const name of over) await rm(join(own, name), { force: true });
        removed += over.length;
        if (over.length === names.length) await rm(own, { recursive: true, force: true });
      }
      return removed;
    },
  };
}

/** @throws RangeError: what names a file is one of our ids, and was signed by us */
function idOf(text: string): string {
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(text)) throw new RangeError('Not an id that may name a file');
  return text;
}
