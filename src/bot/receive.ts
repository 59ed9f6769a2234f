import type { StoredMessage, Turn } from '#src/domain/turn.ts';
import type { BotDeps } from './deps.ts';

/** The person's messages that nobody has looked at yet, oldest first. They stay unlooked-at until `authorize` decides. */
export function receive(
  { unitOfWork }: Pick<BotDeps, 'unitOfWork'>,
  userId: string,
): Promise<StoredMessage[]> {
  return unitOfWork.run((stores) => stores.inbox.undecided(userId));
}

/** The person's oldest turn that still needs something: an answer, or the delivery of one. */
export function nextTurn(
  { unitOfWork }: Pick<BotDeps, 'unitOfWork'>,
  userId: string,
): Promise<Turn | undefined> {
  return unitOfWork.run((stores) => stores.turns.next(userId));
}
