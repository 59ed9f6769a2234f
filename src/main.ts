import { readFileSync } from 'node:fs';
import closeWithGrace from 'close-with-grace';
import { pino } from 'pino';
import { loadSettings, type Settings } from '#config/settings.ts';
import { startWarnings } from '#config/warnings.ts';
import { compose } from './compose.ts';
import { SettingsWrong } from './domain/errors.ts';

/** Reads the settings, composes the product, starts it and waits for a signal. */
async function main(): Promise<void> {
  const settings = readSettings();
  if (!settings) return;
  const log = pino({
    level: settings.app.logLevel,
    base: null,
    redact: ['password', 'authorization', '*.authorization', '*.password'],
  });
  for (const warning of startWarnings(settings, new Date())) log.warn(warning);
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  let origin = '';
  const printSignInPath = (path: string) => {
    process.stdout.write(`${settings.app.name} is ready. Chat page: ${origin}${path}\n`);
  };
  const product = await compose(settings, { log, version, printSignInPath });
  closeWithGrace({ delay: 30_000, logger: false }, async ({ signal, err }) => {
    if (err) log.error({ err }, 'an unexpected error ends the process');
    else log.info({ signal }, 'closing');
    await product[Symbol.asyncDispose]();
  });
  const { port } = await product.start();
  origin = `http://localhost:${port}`;
  // In production the log may be read by others: the password is the way in.
  printSignInPath(settings.app.env === 'production' ? '/simulator' : product.newSignInPath());
}

/** Undefined when they are wrong: then every problem has been printed, one line each, and the exit code is set. */
function readSettings(): Settings | undefined {
  try {
    return loadSettings(process.env);
  } catch (error) {
    if (!(error instanceof SettingsWrong)) throw error;
    process.stderr.write(`Cannot start. Please correct these settings (.env.example explains each):\n`);
    for (const problem of error.problems) process.stderr.write(`- ${problem}\n`);
    process.exitCode = 1;
    return undefined;
  }
}

await main();
