import type { StoredAttachment, StoredMessage, Turn } from '#src/domain/turn.ts';
import type { ReplyRequest, TurnFile } from '#src/ports/ai.ts';
import type { ConversationDocument, Passages } from '#src/ports/passages.ts';
import type { InboxStore, UnitOfWork } from '#src/ports/stores.ts';
import type { BotDeps } from './deps.ts';
import { nameOf } from './describe-file.ts';
import { describeMessage } from './describe-message.ts';
import { fitHistory, mostMessages } from './fit-history.ts';

/** The documents of the turn together; a whole report of forty pages fits. */
const documentTokens = 24_000;
/** Passages of earlier documents that fit the question. */
const recalledTokens = 4_000;
/** Of these, what small talk and questions about the whole get to see; what was said about the whole is in the history already. */
const recalledSampleTokens = 1_000;
/** How many earlier files of the conversation can be asked about. */
const recalledFiles = 20;

/** A question for the model, and the message its history begins with. */
export interface ComposedQuestion {
  readonly question: Omit<ReplyRequest, 'signal'>;
  readonly historyFrom: string | undefined;
}

/**
 * Builds the question for the model. What never changes comes first and what changes with every turn last, so that providers
 * can serve the beginning from their cache.
 */
export async function composeQuestion(
  deps: Pick<BotDeps, 'unitOfWork' | 'rules' | 'prompts' | 'clock' | 'passages'>,
  turn: Turn,
  understood: readonly StoredMessage[],
): Promise<ComposedQuestion> {
  const { rules, prompts, clock, passages } = deps;
  const files = understood.flatMap((message) => message.attachments);
  const personText = understood
    .map((message) => message.text.trim())
    .filter(Boolean)
    .join('\n');
  const spoken = files.flatMap(({ reading }) => (reading?.kind === 'audio' ? [reading.transcript] : []));
  const asked = [personText, ...spoken].join('\n');
  const known = await recall(deps.unitOfWork, turn, understood, mostMessages(rules.historyMessages));
  const earlier = known.files.flatMap(toDocument);
  const recalled =
    earlier.length > 0 ? await passages.choose(earlier, asked, recalledTokens, recalledSampleTokens) : '';
  const documents = await showDocuments(passages, files, asked);
  const history = fitHistory(known.history, rules.historyMessages);
  const question = {
    instructions: prompts.assistant,
    history: history.turns,
    context: [
      `Today is ${clock.now().toISOString().slice(0, 10)} (UTC).`,
      recalled && `Passages of documents from earlier in this conversation that may matter now:\n${recalled}`,
    ]
      .filter(Boolean)
      .join('\n\n'),
    text: understood
      .map((message, index) => describeMessage(message, { quoted: known.quotes[index], documents }))
      .filter(Boolean)
      .join('\n\n'),
    files: files.flatMap(toTurnFile),
    personText,
    userId: turn.userId,
  };
  return { question, historyFrom: history.from };
}

/** What the conversation knows before this turn. */
function recall(unitOfWork: UnitOfWork, turn: Turn, understood: readonly StoredMessage[], limit: number) {
  const before = { beforeTurn: turn.id };
  return unitOfWork.run(async (stores) => {
    const history = await stores.conversations.history(turn.conversationId, { ...before, limit });
    const files = await stores.conversations.files(turn.conversationId, { ...before, limit: recalledFiles });
    // One after the other: a transaction is one connection, and that does one thing at a time.
    const quotes: Awaited<ReturnType<InboxStore['quoted']>>[] = [];
    for (const { channel, quotedProviderId: quoted } of understood) {
      quotes.push(quoted ? await stores.inbox.quoted(turn.userId, channel, quoted) : undefined);
    }
    return { history, files, quotes };
  }, 'committed');
}

/** What is shown of this turn's documents, by attachment id; they share one budget. */
async function showDocuments(
  passages: Passages,
  files: readonly StoredAttachment[],
  asked: string,
): Promise<ReadonlyMap<string, string>> {
  const documents = files.flatMap((file) => toDocument(file).map((document) => [file.id, document] as const));
  const budget = documentTokens / Math.max(1, documents.length);
  const shown = documents.map(
    async ([id, document]) => [id, await passages.choose([document], asked, budget)] as const,
  );
  return new Map(await Promise.all(shown));
}

function toDocument(file: StoredAttachment): ConversationDocument[] {
  const { reading } = file;
  if (reading?.kind !== 'document') return [];
  const { title, unit, pageCount, pages } = reading;
  return [{ name: nameOf(file), title, unit, pageCount, pages }];
}

function toTurnFile({ fileName, sniffed, declaredType, bytes, reading }: StoredAttachment): TurnFile[] {
  return reading ? [{ fileName, mimeType: sniffed?.mimeType ?? declaredType, bytes, reading }] : [];
}
