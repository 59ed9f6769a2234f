/** What a reader finds out beside the text; filled in as it goes, so that it is there whatever ends the reading. */
export interface DocumentFacts {
  title?: string | undefined;
  /** True when some pages could not be read. */
  isDamaged?: boolean;
  /** True when there are pictures, which say something where there is no text. */
  hasPictures?: boolean;
}
