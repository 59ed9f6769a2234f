import type { MediaProblem } from '#src/domain/errors.ts';
import type { ContentKind, DocumentReading, FailedReading } from '#src/domain/reading.ts';
import { namePages } from './page-units.ts';

/** What the bot can read, for every sentence that has to say so. */
const readable =
  'text, photos, voice notes, PDFs, Word, Excel and PowerPoint files, web pages, calendar files, contact cards and plain text files';

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
  damaged_pages: 'the rest is damaged',
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
    `I read ${partOf(reading)} ${name}: ${partlyBecause[reading.partlyBecause ?? 'page_limit']}.`,
  nudge: 'You have an update, reply to read it.',
  late: '_Sorry for the late answer: I was not available for a while._',
  busy: 'I am sorry, I could not answer just now because a service I depend on is not responding. Please try again in a few minutes.',
  notWorking: 'I am sorry, I cannot answer at the moment. Please tell the owner, or try again later.',
  contentRefused: 'I am sorry, I am not able to help with that.',
  unexpected: 'I am sorry, something went wrong while I was working on your message. Please send it again.',
  linked: 'Done: I know you from this account as well now, and everything you wrote to me is in one place.',
  linkWrong: 'This code is not valid, or not any more. Please ask the owner for a new one.',
  linkTooMany: 'Too many wrong codes for today. Please ask the owner for a new one tomorrow.',
  freshStart: 'A fresh conversation it is. What came before is no longer considered.',
  notTranscribed: 'Your last voice note was not transcribed: no model is connected that can hear.',
  noTranscript: 'There is no voice note of yours that I have transcribed yet.',
  noFiles:
    'There are no files in this conversation yet. Send me a photo, a voice note, a PDF or an office file.',
  cutOff: '_(The answer was too long and ends here. Ask me to go on.)_',
} as const;

/** `pages 1–37 of 200 of`, or `only the beginning of` where the cut is inside a page or nobody knows how much would follow. */
function partOf({ pages, pageCount, unit }: DocumentReading): string {
  if (pages.length >= pageCount) return 'only the beginning of';
  return `${namePages(pages, unit)} of ${pageCount} of`;
}

function reasonOf({ problem, detail }: FailedReading, kind: ContentKind | undefined): string {
  if (problem === 'too_large' && detail) return `it is too large (${detail}).`;
  if (problem === 'empty' && detail)
    return `there is no text in it, only ${detail}. Sent as a PDF, I can look at them.`;
  if (problem === 'unsupported' && detail) {
    return `it is in an older format that I cannot read. Please save it as ${detail} and send that.`;
  }
  if (problem === 'unsupported' && kind === 'image') {
    return 'I cannot open this picture format. Please send it as JPEG or PNG.';
  }
  if (problem === 'silent' && kind === 'audio') {
    return `${problems.silent} Please record it again, a little closer to the microphone.`;
  }
  return problems[problem];
}

function seconds(ms: number): string {
  const whole = Math.max(1, Math.ceil(ms / 1000));
  if (whole < 120) return whole === 1 ? 'a second' : `${whole} seconds`;
  return `${Math.ceil(whole / 60)} minutes`;
}
