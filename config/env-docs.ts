import { env } from './env.ts';

/** The text of `.env.example`. */
export function envExample(): string {
  const lines = [
    '# Every setting with its default. An empty value means unset. Copy to .env and change what you need.',
  ];
  let group = '';
  for (const [name, variable] of Object.entries(env)) {
    if (variable.group !== group) {
      group = variable.group;
      lines.push('', `## ${group}`);
    }
    lines.push(`# ${variable.about}`, `${name}=${variable.byDefault}`);
  }
  // Not the program's, but the person who fills in this file is the same.
  lines.push(
    '',
    '## Docker compose',
    '# Domain that points to this server; Caddy gets its certificate. Read by docker-compose.yml only.',
    'DOMAIN=',
    '# Empty = SQLite. postgres, together with POSTGRES_PASSWORD, starts Postgres and a worker; neither goes without the other.',
    'COMPOSE_PROFILES=',
    '# Password of that Postgres, letters and digits only: openssl rand -hex 32',
    'POSTGRES_PASSWORD=',
  );
  return `${lines.join('\n')}\n`;
}

/** The settings table of the README. */
export function settingsTable(): string {
  const rows = Object.entries(env).map(([name, { byDefault, about }]) => {
    const shown = byDefault === '' ? '' : `\`${byDefault}\``;
    return `| \`${name}\` | ${shown} | ${about.replaceAll('|', '\\|')} |`;
  });
  return ['| variable | default | what for |', '| --- | --- | --- |', ...rows, ''].join('\n');
}
