import { readFileSync, writeFileSync } from 'node:fs';
import { envExample, settingsTable } from './env-docs.ts';

/*
 * Writes what is derived from the schema in `env.ts`: `.env.example` and the settings table of the README.
 * Run with: npm run env:example. A test checks that both are up to date.
 */
const file = (name: string) => new URL(`../${name}`, import.meta.url);

writeFileSync(file('.env.example'), envExample());

const readme = readFileSync(file('README.md'), 'utf8');
const marked = /(<!-- settings:begin[^>]*-->\n)[\s\S]*?(<!-- settings:end -->)/;
writeFileSync(
  file('README.md'),
  readme.replace(marked, (_all, begin, end) => `${begin}${settingsTable()}${end}`),
);
