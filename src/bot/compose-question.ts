import type { StoredMessage, Turn } from '#src/domain/turn.ts';
import type { ChatTurn, ReplyRequest } from '#src/ports/ai.ts';
import type { PastMessage } from '#src/ports/stores.ts';
import type { BotDeps } from './deps.ts';
import { nameOf } from './describe-file.ts';
import { describeMessage, recallFile } from './describe-message.ts';
import { choosePassages } from './passages/choose-passages.ts';
import { estimateTokens } from './passages/estimate-tokens.ts';

/** Earlier messages may take this much of the prompt; older ones are dropped first. */
const historyTokens = 6_000;
/** Passages of earlier documents that fit the question. */
const recalledTokens = 4_000;
/** How many earlier files of the conversation can be asked about. */
const recalledFiles = 20;

/**
 * Builds the question for the model. What never changes comes first and what changes with every turn last, so that providers
 * can serve the beginning from their cache.
 */
export async function composeQuestion(
  deps: Pick<BotDeps, 'unitOfWork' | 'rules' | 'prompts' | 'clock'>,
  turn: Turn,
  understood: readonly StoredMessage[],
): Promise<Omit<ReplyRequest, 'signal'>> {
  const { unitOfWork, rules, prompts, clock } = deps;
  const personText = understood
    .map((message) => message.text.trim())
    .filter(Boolean)
    .join('\n');
  const spoken = understood
    .flatMap((message) => message.attachments)
    .flatMap(({ reading }) => (reading?.kind === 'audio' ? [reading.transcript] : []));
  const asked = [personText, ...spoken].join('\n');
  const known = await unitOfWork.run(async (stores) => ({
    history: await stores.conversations.history(turn.conversationId, {
      beforeTurn: turn.id,
      limit: rules.historyMessages,
    }),
    files: await stores.conversations.files(turn.conversationId, {
      beforeTurn: turn.id,
      limit: recalledFiles,
    }),
    quotes: await Promise.all(
      understood.map((message) =>
        message.quotedProviderId
          ? stores.inbox.quoted(turn.userId, message.channel, message.quotedProviderId)
          : Promise.resolve(undefined),
      ),
    ),
  }));
  const documents = known.files.flatMap((file) =>
    file.reading?.kind === 'document'
      ? [
          {
            name: nameOf(file),
            title: file.reading.title,
            pageCount: file.reading.pageCount,
            pages: file.reading.pages,
          },
        ]
      : [],
  );
  const passages = documents.length > 0 ? choosePassages(documents, asked, recalledTokens) : '';
  return {
    instructions: prompts.assistant,
    history: fitHistory(known.history),
    context: [
      `Today is ${clock.now().toISOString().slice(0, 10)} (UTC).`,
      passages && `Passages of documents from earlier in this conversation that may matter now:\n${passages}`,
    ]
      .filter(Boolean)
      .join('\n\n'),
    text: understood
      .map((message, index) => describeMessage(message, { quoted: known.quotes[index], question: asked }))
      .filter(Boolean)
      .join('\n\n'),
    files: understood
      .flatMap((message) => message.attachments)
      .flatMap((file) =>
        file.reading
          ? [
              {
                fileName: file.fileName,
                mimeType: file.sniffed?.mimeType ?? file.declaredType,
                bytes: file.bytes,
                reading: file.reading,
              },
            ]
          : [],
      ),
    personText,
    userId: turn.userId,
  };
}

/** The newest messages that fit the budget, oldest first. */
function fitHistory(past: readonly PastMessage[]): ChatTurn[] {
  const turns: ChatTurn[] = [];
  let left = historyTokens;
  for (const message of [...past].reverse()) {
    const text = [message.text, ...message.attachments.map(recallFile)].filter(Boolean).join('\n');
    left -= estimateTokens(text);
    if (left < 0) break;
    if (text) turns.push({ role: message.fromPerson ? 'person' : 'assistant', text });
  }
  return turns.reverse();
}
