import { posix } from 'node:path';
import { cleanTitle } from '../../clean-text.ts';
import type { Archive } from './open-archive.ts';
import { readXml } from './read-xml.ts';

/** A pointer of one part to another, or to the world outside, which is never followed. */
export interface Relation {
  readonly id: string;
  /** The last word of its type: `slide`, `styles`, `hyperlink`. */
  readonly type: string;
  /** A part of the archive, or the address of something outside. */
  readonly target: string;
  readonly isExternal: boolean;
}

/** Hostile files have more, honest ones have fewer. */
const mostRelations = 50_000;

/** What a part points to, in the order of the file; `''` is the archive itself. */
export async function readRelations(archive: Archive, part: string): Promise<Relation[]> {
  const relations: Relation[] = [];
  const { dir, base } = posix.parse(part);
  await readXml(archive.read(posix.join(dir, '_rels', `${base}.rels`)), {
    open(name, { Id, Type, Target, TargetMode }) {
      if (name !== 'Relationship' || !Id || !Target || relations.length >= mostRelations) return;
      const isExternal = TargetMode === 'External';
      const target = isExternal ? Target : partName(dir, Target);
      relations.push({ id: Id, type: Type?.split('/').at(-1) ?? '', target, isExternal });
    },
  });
  return relations;
}

/** The main part of an Office file, where the reading begins. */
export async function mainPart(archive: Archive): Promise<string | undefined> {
  const relations = await readRelations(archive, '');
  const main = relations.find(({ type, isExternal }) => type === 'officeDocument' && !isExternal)?.target;
  return main !== undefined && archive.has(main) ? main : undefined;
}

/** The title somebody gave the document in its properties. Lost with them where they are broken. */
export async function readTitle(archive: Archive): Promise<string | undefined> {
  let title = '';
  let isTitle = false;
  try {
    const properties = (await readRelations(archive, '')).find(({ type }) => type === 'core-properties');
    await readXml(archive.read(properties?.target ?? 'docProps/core.xml'), {
      open: (name) => {
        isTitle = name === 'title';
      },
      close: () => {
        isTitle = false;
      },
      text: (text) => {
        if (isTitle && title.length < 2000) title += text;
      },
    });
  } catch {
    return undefined;
  }
  return cleanTitle(title);
}

function partName(folder: string, target: string): string {
  return target.startsWith('/') ? target.slice(1) : posix.join(folder, target);
}
