import { choiceByNumber, soleNumber } from '#src/domain/numbered-choices.ts';
import type { StoredMessage } from '#src/domain/turn.ts';
import type { Stores } from '#src/ports/stores.ts';

/** So long a number is taken for a choice that was offered, in milliseconds: as long as `/forget yes` is waited for. */
const choosableMs = 10 * 60_000;

/**
 * Recognizes numbers that answer choices: from then on such a message is what tapping the choice's button would have been. The
 * choices must have been the last thing said to the person, and the number the next thing from them: any other number is a message
 * like any other, for instance to a list of the model's own. Costs nothing where nobody says a number.
 * @returns the messages as they are to be understood
 */
export async function nameChoices(
  stores: Stores,
  received: readonly StoredMessage[],
): Promise<readonly StoredMessage[]> {
  if (!received.some(isMereNumber)) return received;
  const named: StoredMessage[] = [];
  for (const message of received) {
    const choice = isMereNumber(message) ? await chosenBy(stores, message) : undefined;
    if (choice) await stores.choices.chose(message.id, choice);
    named.push(choice ? { ...message, button: { text: choice.title, payload: choice.id } } : message);
  }
  return named;
}

function isMereNumber({ text, attachments, button, change, forwarded }: StoredMessage): boolean {
  if (button || change || forwarded || attachments.length > 0) return false;
  return soleNumber(text) !== undefined;
}

async function chosenBy(stores: Stores, message: StoredMessage) {
  const since = new Date(message.receivedAt.getTime() - choosableMs);
  const offer = await stores.choices.offeredBefore(message, since);
  // Whoever quotes something else answers that.
  const { quotedProviderId = offer?.providerId } = message;
  return offer && quotedProviderId === offer.providerId
    ? choiceByNumber(message.text, offer.choices)
    : undefined;
}
