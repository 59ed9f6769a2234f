/** Scripts in which a character is about a token, not a quarter of one. */
const dense = /[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0e7f]/g;

/** A cheap guess at how many tokens a text takes: four characters each, one for each character of dense scripts. */
export function estimateTokens(text: string): number {
  const denseCharacters = text.match(dense)?.length ?? 0;
  return Math.ceil(denseCharacters + (text.length - denseCharacters) / 4);
}
