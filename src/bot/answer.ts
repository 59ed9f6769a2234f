import { unitsBelow } from '#src/domain/numbered-choices.ts';
import type { Choice } from '#src/domain/outbound.ts';
import type { AtHand, StoredMessage, Turn } from '#src/domain/turn.ts';
import type { Usage } from '#src/domain/usage.ts';
import type { Stores } from '#src/ports/stores.ts';
import { claimBudgetWarning } from './budget.ts';
import { composeQuestion } from './compose-question.ts';
import type { BotDeps } from './deps.ts';
import { nameOf } from './describe-file.ts';
import { toWhatsAppText } from './format/markdown-to-whatsapp.ts';
import { splitText, usualTextUnits } from './format/split-text.ts';
import type { TurnRun } from './heed-stop.ts';
import { keepPaid } from './keep-paid.ts';
import { toUsage } from './price.ts';
import { wording } from './wording.ts';

/**
 * Asks the model about a turn that has been understood, and stores the answer with its parts and its price, all at once.
 * @returns the answered turn with its parts, to be sent
 */
export async function answer(
  deps: BotDeps,
  turn: Turn,
  understood: readonly StoredMessage[],
  { signal, wholeRun }: Pick<TurnRun, 'signal' | 'wholeRun'>,
): Promise<AtHand> {
  const started = deps.clock.now().getTime();
  const notes = notesOnFiles(understood);
  if (!hasContent(understood)) {
    // Nothing could be read: the honest sentences are the answer, no model is asked to fill the gap.
    const text = notes.length > 0 ? notes.join('\n') : nothingReadable(understood);
    return reply(deps, turn, { text });
  }
  const { question, historyFrom } = await composeQuestion(deps, turn, understood);
  const result = await deps.ai.reply({ ...question, signal });
  const usage = toUsage('reply', result.used, deps.rules);
  const body = toWhatsAppText(result.text);
  const text = [...notes, body, result.cutOff ? wording.cutOff : ''].filter(Boolean).join('\n\n');
  const title = [...(question.personText || body).replace(/\s+/g, ' ').trim()].slice(0, 60).join('');
  const ms = deps.clock.now().getTime() - started;
  return reply(deps, turn, { text, usage, title, ms, historyFrom }, wholeRun);
}

/** Stores what the person will hear: the answer, its parts in order, and what it cost. */
export async function reply(
  deps: Pick<BotDeps, 'unitOfWork' | 'channels' | 'clock' | 'rules' | 'live' | 'pause'>,
  turn: Turn,
  said: {
    text: string;
    usage?: Usage | undefined;
    title?: string;
    ms?: number;
    historyFrom?: string | undefined;
    choices?: readonly Choice[] | undefined;
  },
  signal?: AbortSignal,
): Promise<AtHand> {
  const { unitOfWork, channels, live } = deps;
  const channel = channels.get(turn.messages.at(-1)?.channel ?? 'simulator');
  const maxUnits = (channel?.limits.textUnits ?? usualTextUnits) - unitsBelow(said.choices);
  const store = async (stores: Stores) => {
    const warning =
      said.usage &&
      (await claimBudgetWarning(stores, deps, { userId: turn.userId, costMicros: said.usage.costMicros }));
    const text = [turn.isLate ? wording.late : '', said.text, warning ?? ''].filter(Boolean).join('\n\n');
    const parts = splitText(text, maxUnits);
    // Formatting may leave nothing of an odd answer; the person must still hear something.
    const heard =
      parts.length > 0 ? { text, parts } : { text: wording.unexpected, parts: [wording.unexpected] };
    if (said.title) await stores.conversations.name(turn.conversationId, said.title);
    return stores.turns.answer(turn, {
      ...heard,
      usage: said.usage,
      ms: said.ms,
      historyFrom: said.historyFrom,
      choices: said.choices,
    });
  };
  const atHand = await (signal ? keepPaid(deps, signal, store) : unitOfWork.run(store));
  live.announce({ kind: 'changed', userId: turn.userId });
  return atHand;
}

/** What the person must know about their files, whatever the model says: what could not be read, and what only in part. */
function notesOnFiles(understood: readonly StoredMessage[]): string[] {
  return understood
    .flatMap((message) => message.attachments)
    .flatMap((file) => {
      const { reading } = file;
      if (reading?.kind === 'failed') return [wording.fileProblem(nameOf(file), reading, file.sniffed?.kind)];
      if (reading?.kind === 'document' && reading.partlyBecause)
        return [wording.partlyRead(nameOf(file), reading)];
      return [];
    });
}

/** Whether there is anything a model could answer to. */
function hasContent(understood: readonly StoredMessage[]): boolean {
  return understood.some(
    (message) =>
      message.text.trim() !== '' ||
      message.location !== undefined ||
      message.note !== undefined ||
      message.button !== undefined ||
      message.attachments.some((file) => file.reading && file.reading.kind !== 'failed'),
  );
}

function nothingReadable(understood: readonly StoredMessage[]): string {
  return understood.some((message) => message.type === 'unsupported')
    ? wording.unsupported
    : wording.nothingToRead;
}
