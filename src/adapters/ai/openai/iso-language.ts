/**
 * The ISO 639-1 code of a language as a transcription names it: `de`, `en-US`, or Whisper's English names (`german`).
 * Undefined when it is none of these.
 */
export function isoLanguage(reported: string): string | undefined {
  const name = reported.trim().toLowerCase();
  if (/^[a-z]{2}([-_].+)?$/.test(name)) return name.slice(0, 2);
  codeByName ??= englishNames();
  return codeByName.get(name);
}

let codeByName: Map<string, string> | undefined;

/** All two-letter codes that have an English name, by that name. */
function englishNames(): Map<string, string> {
  const names = new Intl.DisplayNames(['en'], { type: 'language', fallback: 'none' });
  const letters = [...'abcdefghijklmnopqrstuvwxyz'];
  const codes = letters.flatMap((first) => letters.map((second) => first + second));
  const byName = new Map<string, string>();
  for (const code of codes) {
    const name = names.of(code)?.toLowerCase();
    // Retired codes (iw, in) share a name with their successor; the successor is the canonical locale.
    if (name && Intl.getCanonicalLocales(code)[0] === code) byName.set(name, code);
  }
  return byName;
}
