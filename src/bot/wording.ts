import type { MediaProblem } from '#src/domain/errors.ts';
import type { ContentKind, DocumentReading, FailedReading } from '#src/domain/reading.ts';

/** What the bot can read, for every sentence that has to say so. */
const readable = 'text, photos, voice notes, PDFs and plain text files';

/** One honest sentence a problem: what is wrong and what to do. */
const problems: Record<MediaProblem, string> = {
  encrypted: 'it is protected with a password. Please send a copy without the password.',
  damaged: 'it is damaged or incomplete. Please send it again, or export it anew.',
  empty: 'it is empty.',
  too_large: 'it is too large.',
  too_many_pixels: 'the picture has too many pixels. Please send a smaller version.',
  too_complex:
    'it takes too long or too much memory to read. Please send a simpler version or only the pages you need.',
  too_long: 'it is too long. Please send a shorter piece.',
  silent: 'I could not hear any speech in it.',
  unsupported: `I cannot read this kind of file. I can read ${readable}.`,
  unavailable: 'it could not be downloaded. Please send it again.',
  refused: 'I am not able to work with it.',
};

const partlyBecause: Record<NonNullable<DocumentReading['partlyBecause']>, string> = {
  page_limit: 'that is the most I read at once',
  time_limit: 'the rest took too long to read',
  memory_limit: 'the rest needs too much memory to read',
  size_limit: 'it holds more text than I can take in',
  scan_limit: 'that is the most scanned pages I read at once',
  damaged_pages: 'the other pages are damaged',
  vision_failed: 'the other scanned pages could not be recognized',
};

/** Everything the bot says on its own, without a model. Plain WhatsApp text. */
export const wording = {
  refusal: (appName: string) =>
    `Hello! I am ${appName}, an assistant for a team, and this number is not on its list yet. Please ask the owner to add you.`,
  switchedOff: (appName: string) =>
    `Hello! I am ${appName}. Your access is switched off at the moment; please ask the owner about it.`,
  rateLimited: (msUntilFree: number) =>
    `That was a lot at once. I can take more messages in ${seconds(msUntilFree)}; please send this again then.`,
  budgetSpent: (whose: 'person' | 'bot') =>
    whose === 'person'
      ? "Today's budget for your questions is used up. It starts afresh at midnight UTC; commands such as /usage still work."
      : "Today's budget for all questions is used up. It starts afresh at midnight UTC; commands such as /usage still work.",
  budgetNearlySpent: (whose: 'person' | 'bot', percent: number) =>
    whose === 'person'
      ? `_You have used ${percent} % of today's budget._`
      : `_${percent} % of today's budget for everybody is used._`,
  unsupported: `I cannot read this kind of message. I can read ${readable}.`,
  nothingToRead: `I did not find anything to read in that. I can read ${readable}.`,
  fileProblem: (name: string, failed: FailedReading, kind?: ContentKind) =>
    `I could not read ${name}: ${reasonOf(failed, kind)}`,
  partlyRead: (name: string, reading: DocumentReading) =>
    `I read ${pageRanges(reading.pages.map((page) => page.page))} of ${reading.pageCount} of ${name}: ${
      partlyBecause[reading.partlyBecause ?? 'page_limit']
    }.`,
  late: '_Sorry for the late answer: I was not available for a while._',
  busy: 'I am sorry, I could not answer just now because a service I depend on is not responding. Please try again in a few minutes.',
  notWorking: 'I am sorry, I cannot answer at the moment. Please tell the owner, or try again later.',
  contentRefused: 'I am sorry, I am not able to help with that.',
  unexpected: 'I am sorry, something went wrong while I was working on your message. Please send it again.',
  freshStart: 'A fresh conversation it is. What came before is no longer considered.',
  notTranscribed: 'Your last voice note was not transcribed: no model is connected that can hear.',
  noTranscript: 'There is no voice note of yours that I have transcribed yet.',
  noFiles: 'There are no files in this conversation yet. Send me a photo, a voice note or a PDF.',
  cutOff: '_(The answer was too long and ends here. Ask me to go on.)_',
} as const;

function reasonOf({ problem, detail }: FailedReading, kind: ContentKind | undefined): string {
  if (problem === 'too_large' && detail) return `it is too large (${detail}).`;
  if (problem === 'unsupported' && kind === 'image') {
    return 'I cannot open this picture format. Please send it as JPEG or PNG.';
  }
  if (problem === 'silent' && kind === 'audio') {
    return `${problems.silent} Please record it again, a little closer to the microphone.`;
  }
  return problems[problem];
}

/** `page 3`, `pages 1–37`, `pages 1–3 and 7`. */
export function pageRanges(pages: readonly number[]): string {
  const ranges: [number, number][] = [];
  for (const page of [...pages].sort((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last && page <= last[1] + 1) last[1] = page;
    else ranges.push([page, page]);
  }
  const words = ranges.map(([from, to]) => (from === to ? `${from}` : `${from}–${to}`));
  const list =
    words.length > 1 ? `${words.slice(0, -1).join(', ')} and ${words.at(-1)}` : (words[0] ?? 'none');
  return pages.length === 1 ? `page ${list}` : `pages ${list}`;
}

function seconds(ms: number): string {
  const whole = Math.max(1, Math.ceil(ms / 1000));
  if (whole < 120) return whole === 1 ? 'a second' : `${whole} seconds`;
  return `${Math.ceil(whole / 60)} minutes`;
}
