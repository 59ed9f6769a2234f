import type { BotDeps } from './deps.ts';
import { toUsage } from './price.ts';
import type { FileAtHand, Understood } from './understand.ts';

/** Looks at a photo with what the person wrote in mind; the description stays with the conversation. */
export async function understandImage(deps: BotDeps, file: FileAtHand): Promise<Understood> {
  const { ai, readers, prompts, rules } = deps;
  const image = await readers.prepareImage(file.path, { signal: file.run.signal });
  const facts = { kind: 'image' as const, width: image.width, height: image.height, format: image.format };
  if (!ai.canSee) return { reading: { ...facts, description: '' }, usage: [] };
  const look = await ai.look({
    instructions: prompts.lookAtPhoto,
    question: questionOf(file),
    image,
    userId: file.turn.userId,
    signal: file.run.signal,
  });
  return { reading: { ...facts, description: look.text }, usage: [toUsage('vision', look.used, rules)] };
}

/** Everything the person wrote in this turn: the question often comes as a line of its own after the photo. */
function questionOf({ turn }: FileAtHand): string {
  return turn.messages
    .map((message) => message.text.trim())
    .filter(Boolean)
    .join('\n')
    .slice(0, 2_000);
}
