import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import closeWithGrace from 'close-with-grace';
import { pino, stdSerializers } from 'pino';
import { loadSettings } from '#config/settings.ts';
import { startWarnings } from '#config/warnings.ts';
import { compose } from './compose.ts';
import { StorageUnavailable } from './domain/errors.ts';
import { startProblems } from './start-problem.ts';

// V8 throws compiled code and regular expressions away that were not used for a while: whoever writes after a quiet hour would wait.
setFlagsFromString('--no-flush-bytecode');

/** Reads the settings, composes the product, starts it and waits for a signal. */
async function main(): Promise<void> {
  const settings = loadSettings(process.env);
  const log = pino({
    level: settings.app.logLevel,
    base: null,
    redact: ['password', 'authorization', '*.authorization', '*.password'],
    // While the database is away everything that touches it says so: one line each, without a stack that tells nothing.
    serializers: {
      err: (error: unknown) =>
        error instanceof StorageUnavailable
          ? { code: error.code, vendorCode: error.vendorCode, message: error.message }
          : stdSerializers.err(error as Error),
    },
  });
  for (const warning of startWarnings(settings, new Date())) log.warn(warning);
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  let origin = '';
  const printSignInPath = (path: string) => {
    process.stdout.write(`${settings.app.name} is ready. Chat page: ${origin}${path}\n`);
  };

  await using starting = new AsyncDisposableStack();
  const product = starting.use(await compose(settings, { log, version, printSignInPath }));
  const { port } = await product.start();
  starting.move();
  const onSecondSignal = (signal: string) =>
    log.warn({ signal }, 'told to end a second time: ending at once, the next process takes over');
  closeWithGrace({ delay: 30_000, logger: false, onSecondSignal }, async ({ signal, err }) => {
    if (err) log.error({ err }, 'an unexpected error ends the process');
    else log.info({ signal }, 'closing');
    await product[Symbol.asyncDispose]();
    log.info({}, 'closed');
  });
  origin = `http://localhost:${port}`;
  if (settings.app.role === 'worker') {
    process.stdout.write(`${settings.app.name} is ready as a worker. Health: ${origin}/health\n`);
    return;
  }
  // In production the log may be read by others: the password is the way in.
  printSignInPath(settings.app.env === 'production' ? '/simulator' : product.newSignInPath());
}

try {
  await main();
} catch (error) {
  const problems = startProblems(error);
  if (!problems) throw error;
  process.stderr.write('Cannot start. Please correct this (.env.example explains each setting):\n');
  for (const problem of problems) process.stderr.write(`- ${problem}\n`);
  process.exitCode = 1;
}
