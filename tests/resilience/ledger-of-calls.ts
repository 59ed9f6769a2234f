import type { OpenAiCall } from '#tests/support/openai-stand-in.ts';
import { keyOfProcess, type World } from '#tests/support/world.ts';
import { wordsAsked } from './messages-of-a-crowd.ts';

/** The end of a process without warning. */
export interface Kill {
  readonly index: number;
  /** Milliseconds of `Date.now()`. */
  readonly at: number;
}

/** Calls to the model that were made again for the same thing. */
export interface Repeats {
  /** The first answer cannot have been stored: it failed, or its process was killed before or right after it was sent. */
  readonly explained: number;
  /** One sentence each. */
  readonly unexplained: readonly string[];
}

/** Something that is paid for, and the words it leaves behind once it is stored. */
interface Subject {
  readonly name: string;
  readonly trace: string;
}

/**
 * An answer that was sent this short before the kill of its process may not have been stored: it has to travel, be parsed and
 * be committed, on a machine that may be busy with other things.
 */
const storingMs = 1_000;

/**
 * Which paid calls were made more than once, and whether a failure or a kill explains it. A step is known to have been stored
 * when the next one was seen: a file in a question to the model, an answer in a message to the person.
 */
export function repeatedCalls(
  { openai, twilio }: Pick<World, 'openai' | 'twilio'>,
  kills: readonly Kill[],
  traceOf: (file: Uint8Array) => string,
): Repeats {
  const callsFor = new Map<string, { subject: Subject; calls: OpenAiCall[] }>();
  for (const call of openai.calls) {
    for (const subject of subjectsOf(call, traceOf)) {
      const entry = callsFor.get(subject.name) ?? { subject, calls: [] };
      entry.calls.push(call);
      callsFor.set(subject.name, entry);
    }
  }
  const wasUsed = ({ name, trace }: Subject, before: number) =>
    name === trace
      ? twilio.sent.some(({ body, at }) => at.getTime() < before && body.includes(trace))
      : openai.calls.some(({ askedAt, question }) => askedAt < before && question?.text.includes(trace));

  const explained = new Set<OpenAiCall>();
  const unexplained: string[] = [];
  for (const { subject, calls } of callsFor.values()) {
    for (const [position, call] of calls.slice(0, -1).entries()) {
      const spareMs = call.fault ? 0 : msToStore(call, kills);
      const again = calls[position + 1]?.askedAt ?? 0;
      if (!call.fault && wasUsed(subject, again))
        unexplained.push(`${subject.name} was asked about again after the answer had been used`);
      else if (spareMs >= storingMs)
        unexplained.push(`${subject.name} was asked about again after ${spareMs} ms to store the answer`);
      else explained.add(call);
    }
  }
  return { explained: explained.size, unexplained };
}

/** What a call is paid for: a file, or the words it answers. */
function subjectsOf({ sound, question }: OpenAiCall, traceOf: (file: Uint8Array) => string): Subject[] {
  if (sound) return [{ name: `recording ${traceOf(sound.bytes)}`, trace: traceOf(sound.bytes) }];
  if (!question) return [];
  if (question.images.length > 0) {
    return question.images.map((image) => ({ name: `picture ${traceOf(image)}`, trace: traceOf(image) }));
  }
  return wordsAsked(question.text).map((word) => ({ name: word, trace: word }));
}

/** How long the process lived on after it had been sent the whole answer; negative when it was killed before. */
function msToStore(call: OpenAiCall, kills: readonly Kill[]): number {
  const caller = String(call.headers.authorization).replace('Bearer ', '');
  const end = kills.find(({ index, at }) => keyOfProcess(index) === caller && at >= call.askedAt);
  if (!end) return Number.POSITIVE_INFINITY;
  return end.at - (call.answeredAt ?? Number.POSITIVE_INFINITY);
}
