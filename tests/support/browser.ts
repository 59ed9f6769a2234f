import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';

/** An installed Chromium: `CHROMIUM_PATH`, or found on PATH. Undefined where there is none; then browser tests are skipped. */
export function findChromium(environment: NodeJS.ProcessEnv = process.env): string | undefined {
  const named = environment.CHROMIUM_PATH;
  // Somebody who names a browser wants it used: a wrong path must fail loudly, not skip.
  if (named) return named;
  const folders = (environment.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  return ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
    .flatMap((name) => folders.map((folder) => join(folder, name)))
    .find(isExecutable);
}

/**
 * Starts Chromium without a display, a GPU or any traffic of its own.
 * @param options.microphone gives pages a microphone that hears a test tone
 */
export function launchChromium(
  executablePath: string,
  options: { microphone?: boolean } = {},
): Promise<Browser> {
  return chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      ...(options.microphone ? ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'] : []),
    ],
  });
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    // Not there, or not ours to run.
    return false;
  }
}
