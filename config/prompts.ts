import { readFileSync } from 'node:fs';

/** What the model is told, from `config/prompts/*.md`. Byte-stable for the life of the process, so that providers can cache it. */
export interface Prompts {
  /** The assistant's voice and scope. */
  readonly assistant: string;
  /** How to put a photo into words. */
  readonly lookAtPhoto: string;
  /** How to transcribe the picture of a page. */
  readonly readScannedPage: string;
}

/** Reads the prompt files. HTML comments are notes to the owner and stay here. @throws when a file is missing */
export function loadPrompts(folder: URL = new URL('./prompts/', import.meta.url)): Prompts {
  const read = (name: string) =>
    readFileSync(new URL(name, folder), 'utf8')
      .replace(/<!--[\s\S]*?-->/g, '')
      .replace(/\r\n/g, '\n')
      .replace(/\n{3,}/g, '\n\n')
      .trim();
  return {
    assistant: read('assistant.md'),
    lookAtPhoto: read('look-at-photo.md'),
    readScannedPage: read('read-scanned-page.md'),
  };
}
