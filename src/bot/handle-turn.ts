import { LostLease } from '#src/domain/errors.ts';
import type { AtHand, Turn } from '#src/domain/turn.ts';
import type { JobRun } from '#src/ports/jobs.ts';
import { answer, reply } from './answer.ts';
import { apologize, isFinal } from './apologize.ts';
import { findBudgetRefusal } from './budget.ts';
import { choicesAfter, runCommand, toCommand } from './commands.ts';
import { deliver } from './deliver.ts';
import type { BotDeps } from './deps.ts';
import { heedStop } from './heed-stop.ts';
import { atItsBeginning, lookAtHand, receive, refuseIfDeadly } from './receive.ts';
import { keepTyping } from './typing.ts';
import { understand } from './understand.ts';

/**
 * THE STORY. One person has written; this answers everything that is still unanswered, in order:
 *
 *   receive    what nobody has looked at yet
 *   authorize  may they, and not too often? Refusals are queued; the rest becomes turns
 *   understand photos, voice notes and files, in words
 *   answer     a command, a budget notice, or the model
 *   deliver    as WhatsApp text, in parts, in order
 *
 * Every step stores its result before the next begins, so a run that dies is picked up after its last stored step: nothing is
 * transcribed, looked at or billed twice. Failures that may pass throw, and the queue tries again; the others end the turn with
 * one honest sentence.
 * @returns when to come back, if something is left that must not be sent yet
 */
export async function handleTurns(deps: BotDeps, userId: string, run: JobRun): Promise<Date | undefined> {
  let atHand: AtHand = await receive(deps, userId);
  for (;;) {
    const { parts, turn, resting } = atHand;
    // Refusals and limits belong to no turn, and a notice should not wait for a long answer.
    const isToDeliver = parts.length > 0 || turn?.state === 'answered';
    if (isToDeliver && !resting) atHand = await deliver(deps, userId, atHand, run);
    else if (turn?.state === 'open' && !mustRest(turn, resting))
      atHand = after(parts, await work(deps, atItsBeginning(turn, deps.clock.now()), run));
    else return resting?.until;
  }
}

/** Whether the answer to a turn could not be sent yet: then nobody is asked for it. */
function mustRest(turn: Turn, resting: AtHand['resting']): boolean {
  const channel = turn.messages.at(-1)?.channel;
  return channel !== undefined && resting?.channels.has(channel) === true;
}

/** What an answer found waiting comes before it. */
function after(waiting: AtHand['parts'], atHand: AtHand): AtHand {
  const known = new Set(atHand.parts.map(({ id }) => id));
  return { ...atHand, parts: [...waiting.filter(({ id }) => !known.has(id)), ...atHand.parts] };
}

/** From an open turn to its stored answer, or to the person's STOP. */
async function work(deps: BotDeps, turn: Turn, run: JobRun): Promise<AtHand> {
  using heeded = heedStop(deps, turn, run);
  await using _typing = keepTyping(deps, turn, heeded.run.signal);
  try {
    if (run.crashes > 0) await refuseIfDeadly(deps, turn);
    const command = toCommand(turn.messages[0]);
    if (command) {
      const text = await runCommand(deps, turn, command);
      return await reply(deps, turn, { text, choices: choicesAfter(command) });
    }
    const overBudget = await findBudgetRefusal(deps, turn.userId);
    if (overBudget) return await reply(deps, turn, { text: overBudget });
    return await answer(deps, turn, await understand(deps, turn, heeded.run), heeded.run);
  } catch (error) {
    // STOP has ended the turn, and its confirmation waits to be sent. Another process may be at it already.
    if (heeded.isStopped() && !run.signal.aborted && !(error instanceof LostLease))
      return deps.unitOfWork.run((stores) => lookAtHand(stores, turn.userId), 'committed');
    if (!isFinal(error, run, turn, deps.clock.now())) throw error;
    return apologize(deps, turn, error);
  }
}
