import type { Turn } from '#src/domain/turn.ts';
import type { BotDeps } from './deps.ts';

/** How long `/forget yes` is waited for, in minutes. */
const confirmMinutes = 10;
/** The goodbye should be on its way before its traces are gone, in milliseconds. */
const goodbyeMs = 3_000;

/** Commands about a person's own data. */
export type PrivacyCommand = 'privacy' | 'export' | 'forget' | 'forget yes';

type PrivacyDeps = Pick<BotDeps, 'unitOfWork' | 'clock' | 'rules' | 'exports' | 'channels'>;

/** The reply to a command about a person's own data, as WhatsApp text. */
export async function runPrivacyCommand(
  deps: PrivacyDeps,
  turn: Turn,
  command: PrivacyCommand,
): Promise<string> {
  switch (command) {
    case 'privacy':
      return privacy(deps, turn);
    case 'export':
      return exportData(deps, turn);
    case 'forget':
      return askWhetherToForget(deps, turn.userId);
    case 'forget yes':
      return forget(deps, turn.userId);
  }
}

const carriers = {
  twilio: 'Twilio and WhatsApp (Meta) carry our messages.',
  meta: 'WhatsApp (Meta) carries our messages.',
  simulator: 'Nobody carries our messages: this is the chat page of the server itself.',
} as const;

function privacy({ rules }: PrivacyDeps, turn: Turn): string {
  const { mediaRetentionDays, modelHost } = rules;
  const carrier = carriers[turn.messages.at(-1)?.channel ?? 'simulator'];
  const model = modelHost
    ? `The model at ${modelHost} reads text, pictures and sound of people on the list to answer them. It is told to keep nothing and gets no name or number of yours.`
    : 'No model is connected: nobody reads along.';
  return [
    '*Your data*',
    '',
    '*Stored on the server of this bot*: your number and name, your messages and my answers, what I read in your files, whether you want messages, and what answers cost. It stays until you erase it.',
    `*Your files* themselves are removed after ${mediaRetentionDays === 1 ? 'a day' : `${mediaRetentionDays} days`}.`,
    `*Who else sees it*: ${carrier} ${model} The owner of this bot can read along.`,
    '',
    '*/export* sends you everything as a file',
    '*/forget* erases everything',
    '*STOP* ends my messages',
  ].join('\n');
}

/** As a file where the channel carries one, else as a link. */
async function exportData(
  { exports, channels, unitOfWork }: PrivacyDeps,
  { userId, messages }: Turn,
): Promise<string> {
  const last = messages.at(-1);
  const { fileBytes = 0 } = (last && channels.get(last.channel)?.limits) ?? {};
  const { path, bytes, link, hours } = await exports.make(userId);
  if (last && bytes <= fileBytes) {
    const file = { path, mimeType: 'application/json', fileName: 'my-data.json' };
    await unitOfWork.run((stores) => stores.outbox.queueNotice(last, ['Your data'], { extras: { file } }));
    return 'Your data comes as a JSON file.';
  }
  if (!link) {
    await exports.remove(userId);
    return 'I cannot hand you the file here: this bot has no public address (PUBLIC_URL) to fetch it from. Please ask the owner for your data.';
  }
  return [
    `Your data as a JSON file, for ${hours} hours. Whoever has this link can open it, so keep it to yourself:`,
    link,
  ].join('\n');
}

async function askWhetherToForget({ unitOfWork, clock }: PrivacyDeps, userId: string): Promise<string> {
  const until = new Date(clock.now().getTime() + confirmMinutes * 60_000);
  await unitOfWork.run((stores) => stores.notices.renew(userId, 'forget_asked', until));
  return [
    'This erases all your messages, my answers, your files, your name and your number, here and at the service that carries our messages. Nobody can bring it back. Only what your answers cost stays, without a name.',
    '',
    `If you want that, send */forget yes* within ${confirmMinutes} minutes. */export* gives you a copy first.`,
  ].join('\n');
}

async function forget({ unitOfWork, clock }: PrivacyDeps, userId: string): Promise<string> {
  const isConfirmed = await unitOfWork.run(async (stores) => {
    if (!(await stores.notices.holds(userId, 'forget_asked'))) return false;
    await stores.jobs.erase('erase-person', userId, new Date(clock.now().getTime() + goodbyeMs));
    return true;
  });
  return isConfirmed
    ? 'Everything of yours is being erased now. If you write again, we start as strangers. Goodbye!'
    : 'To erase everything, send */forget* first; I will ask you to confirm it.';
}
