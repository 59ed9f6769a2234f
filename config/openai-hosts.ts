/**
 * True for OpenAI's and Azure's own hosts, which speak the Responses API and know every documented field. Others may speak Chat
 * Completions only, or refuse a field they do not know.
 * @param baseUrl undefined or '' = OpenAI's own
 */
export function isOfficialHost(baseUrl: string | undefined): boolean {
  if (!baseUrl) return true;
  return isAzureHost(baseUrl) || /(^|\.)openai\.com$/.test(new URL(baseUrl).hostname);
}

/** True for Azure's hosts, which may not know OpenAI's newest fields yet. */
export function isAzureHost(baseUrl: string | undefined): boolean {
  if (!baseUrl) return false;
  return /(^|\.)(openai|services\.ai|cognitiveservices)\.azure\.com$/.test(new URL(baseUrl).hostname);
}
