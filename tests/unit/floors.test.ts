import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';

/*
 * The floors of the house (docs/architecture.md): a file imports its own room and lower floors, never a neighbor on its floor,
 * never upward.
 */
const root = new URL('../..', import.meta.url).pathname;
const files = globSync('{src,config}/**/*.ts', { cwd: root });

/** Floor and room of a file; files of one room may import each other. */
function place(file: string): { floor: number; room: string } {
  const [top, second, third] = file.split('/');
  if (top === 'config') return { floor: 2, room: 'config' };
  if (second === 'threads') return { floor: 2, room: 'threads' };
  if (second === 'domain') return { floor: 0, room: 'domain' };
  if (second === 'ports') return { floor: 1, room: 'ports' };
  if (second === 'bot' || second === 'tools') return { floor: 3, room: second };
  if (second === 'http') return { floor: 4, room: 'http' };
  if (second === 'adapters') return { floor: 4, room: `adapters/${third}` };
  return { floor: 5, room: 'roof' };
}

function importsOf(file: string): string[] {
  const source = readFileSync(join(root, file), 'utf8');
  return [...source.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].flatMap(
    ([, specifier]) => specifier ?? [],
  );
}

/** Path of an imported project file relative to the root; undefined for packages. */
function target(file: string, specifier: string): string | undefined {
  if (specifier.startsWith('.')) return normalize(join(dirname(file), specifier));
  return specifier.startsWith('#') ? specifier.slice(1) : undefined;
}

describe('the floors', () => {
  it('finds the code', () => {
    expect(files.length).toBeGreaterThan(10);
  });

  it.each(files)('%s imports its own room and lower floors only', (file) => {
    const here = place(file);
    const wrong = importsOf(file).filter((specifier) => {
      const path = target(file, specifier);
      if (!path) return false;
      const there = place(path);
      return there.room !== here.room && there.floor >= here.floor;
    });
    expect(wrong).toEqual([]);
  });

  it.each(files)('%s has at most 250 lines', (file) => {
    expect(readFileSync(join(root, file), 'utf8').split('\n').length).toBeLessThanOrEqual(251);
  });

  // Each vendor's package is known in one place, so that replacing it touches one room.
  const homes: Record<string, RegExp> = {
    twilio: /^src\/adapters\/channels\/twilio\//,
    openai: /^src\/adapters\/ai\/openai\//,
    kysely: /^src\/adapters\/(store|jobs)\//,
    'better-sqlite3': /^src\/adapters\/store\//,
    'pg-boss': /^src\/adapters\/jobs\//,
    fastify: /^src\/http\//,
    sharp: /^src\/adapters\/documents\//,
    'pdf-parse': /^src\/adapters\/documents\//,
    'prom-client': /^src\/adapters\/metrics\//,
  };
  it.each(files)('%s leaves packages in their rooms', (file) => {
    const strays = importsOf(file).filter((specifier) => {
      const home = homes[specifier.split('/')[0] ?? ''];
      return home !== undefined && !home.test(file);
    });
    expect(strays).toEqual([]);
  });

  it.each(
    files.filter((file) => !['src/main.ts', 'src/migrate-postgres.ts', 'config/env.ts'].includes(file)),
  )('%s leaves the environment to the programs', (file) => {
    expect(readFileSync(join(root, file), 'utf8')).not.toMatch(/process\.env\b/);
  });
});
