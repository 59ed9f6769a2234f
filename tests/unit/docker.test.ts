import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type EnvName, env } from '#config/env.ts';
import { readerLimits } from '#src/adapters/documents/limits.ts';

/*
 * What can be said about the container without a container engine: the image holds what it needs and no secret, and compose tells
 * the bot things it understands.
 */
const root = new URL('../../', import.meta.url);
const read = (file: string) => readFileSync(new URL(file, root), 'utf8');
const withoutComments = (text: string) => text.replaceAll(/^\s*#.*$/gm, '');

const dockerfile = withoutComments(read('Dockerfile'));
const instructions = dockerfile
  .replaceAll('\\\n', ' ')
  .split('\n')
  .map((line) => line.trim())
  .filter((line) => line !== '');
const finalStage = instructions.slice(instructions.findLastIndex((line) => line.startsWith('FROM ')));
const of = (keyword: string, lines = instructions) =>
  lines.filter((line) => line.startsWith(`${keyword} `)).map((line) => line.slice(keyword.length + 1).trim());
const copied = of('COPY').flatMap((line) => {
  const words = line.split(/\s+/);
  return words[0]?.startsWith('--from=') ? [] : words.slice(0, -1);
});

const compose = withoutComments(read('docker-compose.yml'));
/** The indented lines under a key, up to the next key of the same depth. */
function block(text: string, key: string, indent: number): string {
  const from = text.indexOf(`\n${' '.repeat(indent)}${key}:`);
  expect(from, `${key} in docker-compose.yml`).toBeGreaterThan(-1);
  const lines = text.slice(from + 1).split('\n');
  const end = lines.findIndex(
    (line, index) => index > 0 && line.search(/\S/) >= 0 && line.search(/\S/) <= indent,
  );
  return lines.slice(1, end === -1 ? undefined : end).join('\n');
}
const bot = block(compose, 'bot', 2);
const caddy = block(compose, 'caddy', 2);
const variablesOf = (service: string) =>
  [...block(`\n${service}`, 'environment', 4).matchAll(/^\s+(\w+): *(.*)$/gm)].map(
    ([, name = '', value = '']) => [name, value] as const,
  );

/** Docker's own rules: a star matches names that begin with a dot too, and the last line that matches a path or its folder decides. */
function isIgnored(path: string): boolean {
  const parts = path.split('/');
  const places = parts.map((_, index) => parts.slice(0, index + 1).join('/'));
  let ignored = false;
  for (const line of withoutComments(read('.dockerignore')).split('\n').filter(Boolean)) {
    const pattern = new RegExp(
      `^${RegExp.escape(line.replace(/^!/, '')).replaceAll('\\*\\*\\/', '(?:.*/)?').replaceAll('\\*', '[^/]*')}$`,
    );
    if (places.some((place) => pattern.test(place))) ignored = !line.startsWith('!');
  }
  return ignored;
}

describe('the image', () => {
  it('is made of Node 24 and nothing else', () => {
    expect(of('FROM').map((line) => line.split(' ')[0])).toEqual(['node:24-slim', 'node:24-slim']);
  });

  it.each(copied)('copies %s, which exists and is not ignored', (path) => {
    expect(existsSync(new URL(path, root))).toBe(true);
    expect(isIgnored(path)).toBe(false);
  });

  it('copies what the program is made of', () => {
    expect(copied).toEqual(expect.arrayContaining(['package.json', 'package-lock.json', 'config', 'src']));
    for (const file of ['src/main.ts', 'config/prompts/assistant.md', 'src/http/public/chat.js']) {
      expect(existsSync(new URL(file, root)), file).toBe(true);
      expect(isIgnored(file), file).toBe(false);
    }
  });

  it.each([
    '.env',
    '.env.production',
    'config/.env',
    'src/.env.local',
    '.git/config',
    'data/whatsapp_bot.db',
    'tests/smoke.ts',
    'node_modules/fastify/package.json',
    'docker-compose.yml',
  ])('never sees %s', (path) => {
    expect(isIgnored(path)).toBe(true);
  });

  it('installs exactly what the lock file says, without development packages', () => {
    expect(of('RUN').some((line) => /^npm ci\b.*--omit=dev\b/.test(line))).toBe(true);
  });

  it('holds no setting, and so no secret', () => {
    expect(of('ARG')).toEqual([]);
    expect(of('ENV')).toEqual(['NODE_ENV=production']);
  });

  it('runs the sources as a user who owns the data folder alone', () => {
    expect(of('USER', finalStage)).toEqual(['node']);
    expect(of('RUN', finalStage)).toEqual(['mkdir data && chown node:node data']);
    expect(of('VOLUME', finalStage)).toEqual(['/app/data']);
    expect(finalStage.findIndex((line) => line.startsWith('USER'))).toBeGreaterThan(
      finalStage.findLastIndex((line) => /^(?:COPY|RUN)/.test(line)),
    );
    expect(JSON.parse(of('CMD', finalStage)[0] ?? '')).toEqual(['node', 'src/main.ts']);
  });

  it('asks its own health', () => {
    const [check = ''] = of('HEALTHCHECK');
    const command: string[] = JSON.parse(check.slice(check.indexOf('[')));
    expect(command.slice(0, 2)).toEqual(['node', '-e']);
    expect(command[2]).toContain('/health');
    // It is a program: it must at least be one.
    expect(() => new Function(command[2] ?? '')).not.toThrow();
  });
});

describe('docker compose', () => {
  it('tells the bot only what it understands', () => {
    const names = variablesOf(bot).map(([name]) => name);
    expect(names.filter((name) => !(name in env))).toEqual([]);
    expect(names).toEqual(expect.arrayContaining<EnvName>(['APP_ENV', 'PUBLIC_URL', 'TRUST_PROXY']));
  });

  it('gives values that the program can read', () => {
    for (const [name, value] of variablesOf(bot)) {
      const text = value.replace(/^'|'$/g, '').replace(/\$\{DOMAIN:[^}]*\}/, 'bot.example.com');
      expect(env[name as EnvName].read.safeParse(text).success, `${name}=${text}`).toBe(true);
    }
  });

  it('needs DOMAIN and nothing else of the shell, says so when it is missing, and the README names it', () => {
    const asked = [...compose.matchAll(/\$\{(\w+)([^}]*)\}/g)];
    expect(new Set(asked.map(([, name]) => name))).toEqual(new Set(['DOMAIN']));
    for (const [, , rest] of asked) expect(rest).toMatch(/^:\?.+DOMAIN=/);
    expect(read('README.md')).toContain('DOMAIN=');
  });

  it('shows the world Caddy, which waits for a healthy bot, and not the bot', () => {
    expect(bot).not.toMatch(/^ {4}ports:/m);
    expect(caddy).toMatch(/- 80:80\n\s+- 443:443\n/);
    expect(caddy).toContain('condition: service_healthy');
    expect(read('Caddyfile')).toMatch(/\{\$DOMAIN\} \{[\s\S]*reverse_proxy bot:8000/);
  });

  it.each([
    ['bot', bot],
    ['caddy', caddy],
  ])('holds %s tight', (_name, service) => {
    for (const line of [
      'read_only: true',
      'restart: unless-stopped',
      'no-new-privileges:true',
      'logging: *logging',
    ]) {
      expect(service).toContain(line);
    }
    expect(block(`\n${service}`, 'cap_drop', 4).trim()).toBe('- ALL');
    expect(service).toMatch(/^ {4}tmpfs:\n\s+- \/tmp:/m);
    expect(service).not.toMatch(/privileged:|docker\.sock|network_mode/);
  });

  it('leaves the bot more time to close than the bot takes', () => {
    const takesMs = Number(/delay: ([\d_]+)/.exec(read('src/main.ts'))?.[1]?.replaceAll('_', ''));
    const leavesMs = 1000 * Number(/stop_grace_period: (\d+)s/.exec(bot)?.[1]);
    expect(leavesMs).toBeGreaterThan(takesMs);
  });

  it('fits a server with 1 GB, and the bot together with a hostile file', () => {
    const megabytes = (service: string) => Number(/mem_limit: (\d+)m/.exec(service)?.[1]);
    expect(megabytes(bot) + megabytes(caddy)).toBeLessThan(900);
    const fileMegabytes = readerLimits().residentBytes / 1024 / 1024;
    expect(megabytes(bot)).toBeGreaterThanOrEqual(fileMegabytes + 250);
  });

  it('keeps the data in a volume', () => {
    expect(bot).toContain('- data:/app/data');
    expect(block(compose, 'volumes', 0)).toMatch(/^ {2}data:/m);
  });
});
