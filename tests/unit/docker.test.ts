import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type EnvName, env } from '#config/env.ts';
import { loadSettings } from '#config/settings.ts';
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
const indented = (text: string) => text.replaceAll(/^/gm, '  ');
/** A service as compose reads it: what it takes over from the blocks above comes first, so that its own lines decide. */
const serviceOf = (name: string) =>
  block(compose, name, 2)
    .replace(/^ {4}<<: \*program$/m, indented(block(compose, 'x-program', 0)))
    .replace(/^ {6}<<: \*environment$/m, indented(indented(block(compose, 'x-environment', 0))));
const bot = serviceOf('bot');
const worker = serviceOf('worker');
const postgres = serviceOf('postgres');
const caddy = serviceOf('caddy');
const variablesOf = (service: string) =>
  [...block(`\n${service}`, 'environment', 4).matchAll(/^\s+(\w+): *(.*)$/gm)].map(
    ([, name = '', value = '']) => [name, value] as const,
  );
/** The variables a process is given when .env has these values, by compose's rules for `:?`, `:-` and `:+`. */
function environmentOf(service: string, given: Record<string, string>): Record<string, string> {
  const filled = (text: string): string =>
    text.replaceAll(
      /\$\{(\w+)(?::([?+-])((?:[^{}]|\{[^{}]*\})*))?\}/g,
      (_all, name: string, sign?: string, words = '') => {
        const value = given[name] ?? '';
        if (sign === '+') return value && filled(words);
        return value || (sign === '-' ? filled(words) : '');
      },
    );
  return Object.fromEntries(
    variablesOf(service).map(([name, value]) => [name, filled(value.replace(/^'|'$/g, ''))]),
  );
}
/** A complete .env besides. */
const settingsOf = (service: string, given: Record<string, string> = {}) =>
  loadSettings({
    SECRET_KEY: 'k'.repeat(32),
    ADMIN_PASSWORD: 'a good password',
    TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`,
    TWILIO_AUTH_TOKEN: 'twilio-auth-token',
    TWILIO_WHATSAPP_NUMBER: '+14155238886',
    OPENAI_API_KEY: 'sk-openai-key',
    ...environmentOf(service, { DOMAIN: 'bot.example.com', ...given }),
  });

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
    expect(of('ENV')).toEqual(['NODE_ENV=production MALLOC_ARENA_MAX=2']);
  });

  it('runs the sources as a user who owns the data folder alone', () => {
    expect(of('USER', finalStage)).toEqual(['node']);
    expect(of('RUN', finalStage)).toEqual(['mkdir data && chown node:node data']);
    expect(of('VOLUME', finalStage)).toEqual(['/app/data']);
    expect(finalStage.findIndex((line) => line.startsWith('USER'))).toBeGreaterThan(
      finalStage.findLastIndex((line) => /^(?:COPY|RUN)/.test(line)),
    );
    expect(JSON.parse(of('CMD', finalStage)[0] ?? '')).toEqual([
      'node',
      '--max-old-space-size=256',
      '--max-semi-space-size=16',
      'src/main.ts',
    ]);
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
  it('tells the program only what it understands', () => {
    for (const service of [bot, worker]) {
      const names = variablesOf(service).map(([name]) => name);
      expect(names.filter((name) => !(name in env))).toEqual([]);
      expect(names).toEqual(expect.arrayContaining<EnvName>(['APP_ENV', 'PUBLIC_URL', 'TRUST_PROXY']));
    }
  });

  it('runs everything in one process on SQLite when nothing else is said', () => {
    const { app, database, dataFolder } = settingsOf(bot);
    expect(app).toMatchObject({ env: 'production', role: 'all', port: 8000, trustProxy: 1 });
    expect(app.publicUrl).toBe('https://bot.example.com');
    expect(database).toEqual({ engine: 'sqlite', file: './data/whatsapp_bot.db' });
    expect(dataFolder).toBe('/app/data');
    expect(bot).not.toMatch(/^ {4}profiles:/m);
  });

  it('runs web and workers on one Postgres when it has a password, whatever database .env names', () => {
    const given = { POSTGRES_PASSWORD: '0123abcd' };
    for (const [service, role] of [
      [bot, 'web'],
      [worker, 'worker'],
    ] as const) {
      const { app, database, dataFolder } = settingsOf(service, given);
      expect(app.role).toBe(role);
      expect(database).toMatchObject({
        engine: 'postgres',
        url: 'postgres://bot:0123abcd@postgres:5432/bot',
      });
      expect(dataFolder).toBe('/app/data');
      expect(service).toContain('- data:/app/data');
    }
    expect(environmentOf(postgres, given)).toEqual({
      POSTGRES_USER: 'bot',
      POSTGRES_DB: 'bot',
      POSTGRES_PASSWORD: '0123abcd',
    });
  });

  it('never lets a worker and the bot work on different databases', () => {
    for (const given of [{}, { POSTGRES_PASSWORD: '' }, { POSTGRES_PASSWORD: 'secret' }]) {
      expect(environmentOf(worker, given).DATABASE_URL).toBe(environmentOf(bot, given).DATABASE_URL);
    }
    // Without the password it would be a worker on SQLite, which refuses to start.
    expect(() => settingsOf(worker)).toThrow('ROLE must be all on SQLite');
  });

  it('starts Postgres and workers in their profile only, and both roles wait for Postgres if there is one', () => {
    for (const service of [worker, postgres]) {
      expect(block(`\n${service}`, 'profiles', 4).trim()).toBe('- postgres');
    }
    for (const service of [bot, worker]) {
      expect(block(`\n${service}`, 'depends_on', 4)).toMatch(
        /postgres:\n\s+condition: service_healthy\n\s+required: false/,
      );
    }
    expect(postgres).toMatch(/test: \['CMD', 'pg_isready', '--host=127\.0\.0\.1'/);
    // A name of its own or a published port would allow one worker only.
    expect(worker).not.toMatch(/container_name:|ports:/);
  });

  it('lets nobody but the program reach Postgres', () => {
    expect(postgres).not.toMatch(/^ {4}(?:ports|expose):/m);
    expect(block(`\n${postgres}`, 'networks', 4).trim()).toBe('- database');
    expect(block(compose, 'networks', 0)).toMatch(/^ {2}database:\n {4}internal: true/m);
    expect(caddy).not.toContain('database');
  });

  it('needs DOMAIN of the shell and says so when it is missing; the README names every line', () => {
    const asked = [...compose.matchAll(/\$\{(\w+)([^}]*)\}/g)];
    expect(new Set(asked.map(([, name]) => name))).toEqual(new Set(['DOMAIN', 'POSTGRES_PASSWORD']));
    for (const [, name, rest] of asked) {
      // Compose looks at every line, also at those of a profile that is not used.
      if (name === 'DOMAIN') expect(rest).toMatch(/^:\?.+DOMAIN=/);
      else expect(rest).not.toContain('?');
    }
    for (const name of ['DOMAIN=', 'COMPOSE_PROFILES=', 'POSTGRES_PASSWORD=']) {
      expect(read('README.md') + read('docs/running-on-postgres.md')).toContain(name);
      expect(read('.env.example')).toContain(`\n${name}\n`);
    }
  });

  it('shows the world Caddy, which waits for a healthy bot, and not the bot', () => {
    expect(bot).not.toMatch(/^ {4}ports:/m);
    expect(caddy).toMatch(/- 80:80\n\s+- 443:443\n/);
    expect(caddy).toContain('condition: service_healthy');
    expect(read('Caddyfile')).toMatch(/\{\$DOMAIN\} \{[\s\S]*reverse_proxy bot:8000/);
  });

  it.each([
    ['bot', bot],
    ['worker', worker],
    ['postgres', postgres],
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
    expect(service).toMatch(/^ {4}mem_limit: \d+m$/m);
    expect(service).toMatch(/^ {4}tmpfs:\n\s+- \/tmp:/m);
    expect(service).not.toMatch(/privileged:|docker\.sock|network_mode/);
  });

  it('leaves the program more time to close than it takes', () => {
    const takesMs = Number(/delay: ([\d_]+)/.exec(read('src/main.ts'))?.[1]?.replaceAll('_', ''));
    for (const service of [bot, worker]) {
      const leavesMs = 1000 * Number(/stop_grace_period: (\d+)s/.exec(service)?.[1]);
      expect(leavesMs).toBeGreaterThan(takesMs);
    }
  });

  it('fits a server with 1 GB, and the bot together with a hostile file', () => {
    const megabytes = (service: string) => Number(/mem_limit: (\d+)m/.exec(service)?.[1]);
    expect(megabytes(bot) + megabytes(caddy)).toBeLessThan(900);
    const fileMegabytes = readerLimits().residentBytes / 1024 / 1024;
    expect(megabytes(bot)).toBeGreaterThanOrEqual(fileMegabytes + 250);
    // As docker-compose.yml says: with three workers a server with 4 GB.
    expect(megabytes(bot) + 3 * megabytes(worker) + megabytes(postgres) + megabytes(caddy)).toBeLessThan(
      3_700,
    );
  });

  it('keeps the data in volumes', () => {
    expect(bot).toContain('- data:/app/data');
    // Since version 18 the image keeps each version in a folder of its own below this one.
    expect(postgres).toMatch(/image: postgres:18-[\s\S]*- postgres-data:\/var\/lib\/postgresql$/m);
    expect(block(compose, 'volumes', 0)).toMatch(/^ {2}data:[\s\S]*^ {2}postgres-data:/m);
  });

  it('has the program that moves to Postgres in the image', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const program = /\S+$/.exec(scripts['migrate:postgres'] ?? '')?.[0] ?? '';
    expect(existsSync(new URL(program, root))).toBe(true);
    expect(isIgnored(program)).toBe(false);
    expect(read('docs/running-on-postgres.md')).toContain(`node ${program}`);
  });
});
