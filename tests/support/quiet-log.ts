import type { Log } from '#src/ports/system.ts';

/** A log that keeps what it is told, so that tests can look at it. */
export interface QuietLog extends Log {
  readonly lines: { level: string; facts: object; message: string }[];
}

export function createQuietLog(lines: QuietLog['lines'] = []): QuietLog {
  const at = (level: string) => (facts: object, message: string) => {
    lines.push({ level, facts, message });
  };
  return {
    lines,
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: () => createQuietLog(lines),
  };
}
