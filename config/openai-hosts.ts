/**
 * True for OpenAI's and Azure's own hosts, which speak the Responses API and know every documented field. Others may speak Chat
 * Completions only, or refuse a field they do not know.
 * @param baseUrl undefined or '' = OpenAI's own
 */
export function isOfficialHost(baseUrl: string | undefined): boolean {
  if (!baseUrl) return true;
  return /(^|\.)(openai\.com|(openai|services\.ai|cognitiveservices)\.azure\.com)$/.test(
    new URL(baseUrl).hostname,
  );
}
