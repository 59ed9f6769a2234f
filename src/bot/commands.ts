import type { Choice } from '#src/domain/outbound.ts';
import type { StoredMessage, Turn } from '#src/domain/turn.ts';
import type { Stores, UsageTotals } from '#src/ports/stores.ts';
import type { BotDeps } from './deps.ts';
import { nameOf, sizeOf } from './describe-file.ts';
import { type PrivacyCommand, runPrivacyCommand } from './privacy-commands.ts';
import { wording } from './wording.ts';

/** What a person can ask for without any model. */
export type Command = 'help' | 'new' | 'usage' | 'transcript' | 'files' | PrivacyCommand;
const privacyCommands: readonly Command[] = [
  'privacy',
  'export',
  'forget',
  'forget yes',
] satisfies PrivacyCommand[];
const commands: readonly Command[] = ['help', 'new', 'usage', 'transcript', 'files', ...privacyCommands];

/** The command a message is, if it is one: `/usage` and nothing else, or the bare word "help". */
export function toCommand(message: StoredMessage | undefined): Command | undefined {
  if (!message || message.attachments.length > 0) return undefined;
  // A tapped button says what it stands for, not what is written on it.
  const said = message.button?.payload ?? message.text;
  const words = said.trim().toLowerCase().replace(/\s+/g, ' ');
  if (words === 'help') return 'help';
  return commands.find((command) => words === `/${command}`);
}

/** Whether a command is about the person's own data, to which whoever has written has a right. */
export function isPrivacyCommand(command: Command): command is PrivacyCommand {
  return privacyCommands.includes(command);
}

/** What can be tapped below the reply to a command; each stands for another command. */
export function choicesAfter(command: Command): readonly Choice[] | undefined {
  if (command !== 'forget') return undefined;
  return [
    { id: '/forget yes', title: 'Erase everything' },
    { id: '/export', title: 'A copy first' },
  ];
}

/** The reply to a command, as WhatsApp text. */
export async function runCommand(
  deps: Pick<BotDeps, 'unitOfWork' | 'clock' | 'rules' | 'exports' | 'channels'>,
  turn: Turn,
  command: Command,
): Promise<string> {
  if (command === 'help') return help(deps.rules.appName);
  if (command === 'new') return wording.freshStart;
  if (isPrivacyCommand(command)) return runPrivacyCommand(deps, turn, command);
  return deps.unitOfWork.run((stores) => {
    switch (command) {
      case 'usage':
        return usage(stores, deps, turn.userId);
      case 'transcript':
        return transcript(stores, turn.userId);
      case 'files':
        return files(stores, turn);
    }
  });
}

function help(appName: string): string {
  return [
    `*${appName}*`,
    'Write to me, or send photos, voice notes, PDFs, office or text files, several at once if you like. Ask about a file later, too.',
    '',
    '*/new* starts a fresh conversation',
    '*/usage* shows what you used today and this month',
    "*/transcript* gives the last voice note's words",
    '*/files* lists the files of this conversation',
    '*/privacy* says what is stored and who sees it',
    '*/export* gives you your data, */forget* erases it, *STOP* ends my messages',
    '*/help* shows this',
  ].join('\n');
}

async function usage(
  stores: Stores,
  { clock, rules }: Pick<BotDeps, 'clock' | 'rules'>,
  userId: string,
): Promise<string> {
  const today = clock.now().toISOString().slice(0, 10);
  const day = await stores.usage.ofUser(userId, today);
  const month = await stores.usage.ofUser(userId, `${today.slice(0, 8)}01`);
  const lines = [`*Today*\n${totals(day)}`, `*This month*\n${totals(month)}`];
  const { perUser, total } = rules.budgetMicros;
  if (perUser !== undefined)
    lines.push(`*Left today*: ${dollars(Math.max(0, perUser - day.costMicros))} of ${dollars(perUser)}`);
  if (total !== undefined) {
    const left = Math.max(0, total - (await stores.usage.totalMicros(today)));
    lines.push(`*Left today for everybody*: ${dollars(left)} of ${dollars(total)}`);
  }
  if (perUser === undefined && total === undefined) lines.push('No daily budget is set.');
  return lines.join('\n\n');
}

function totals(sum: UsageTotals): string {
  const tokens = sum.promptTokens + sum.completionTokens;
  return [
    `${sum.messages} messages`,
    `${tokens.toLocaleString('en-US')} tokens`,
    `${Math.round(sum.audioSeconds)} seconds of audio`,
    `cost ${dollars(sum.costMicros)}`,
  ].join('\n');
}

function dollars(micros: number): string {
  const usd = micros / 1_000_000;
  return `$${usd.toFixed(usd !== 0 && usd < 0.01 ? 4 : 2)}`;
}

async function transcript(stores: Stores, userId: string): Promise<string> {
  const sound = await stores.conversations.lastSound(userId);
  if (sound?.reading?.kind === 'failed')
    return wording.fileProblem(nameOf(sound), sound.reading, sound.sniffed?.kind);
  if (sound?.reading?.kind !== 'audio') return wording.noTranscript;
  return sound.reading.transcript || wording.notTranscribed;
}

async function files(stores: Stores, turn: Turn): Promise<string> {
  const list = await stores.conversations.files(turn.conversationId, { beforeTurn: turn.id, limit: 50 });
  if (list.length === 0) return wording.noFiles;
  return [
    '*Files of this conversation*',
    ...list.map((file, index) => `${index + 1}. ${nameOf(file)}, ${sizeOf(file.bytes)}`),
  ].join('\n');
}
