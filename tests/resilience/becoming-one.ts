import { setTimeout as pause } from 'node:timers/promises';
import { textMessage } from '#tests/support/twilio-webhook.ts';
import { waitFor } from '#tests/support/wait-for.ts';
import type { World } from '#tests/support/world.ts';
import { deliverUntilAccepted } from './crowd.ts';
import type { Dice } from './dice.ts';
import type { Pair } from './ledger-of-people.ts';
import { type CrowdMessage, type MessageMaker, wordsIn } from './messages-of-a-crowd.ts';
import { calm } from './storm.ts';

/** Lets people write; what was accepted is noted. */
export interface Writing {
  readonly accepted: readonly CrowdMessage[];
  /** A text with a word of its own. @param bsuid the id the message proves; '' for none, left out for the number's own */
  ask(phone: string, bsuid?: string): Promise<void>;
  /** Any other text. */
  say(phone: string, body: string): Promise<void>;
}

export function createWriting(world: World, dice: Dice, maker: MessageMaker): Writing {
  const accepted: CrowdMessage[] = [];
  return {
    accepted,
    async ask(phone, bsuid) {
      const message = await maker.make(phone, 'text');
      const params = { ...message.params, ...(bsuid !== undefined && { ExternalUserId: bsuid }) };
      await deliverUntilAccepted(world, dice, params);
      accepted.push(message);
    },
    say: (phone, body) => deliverUntilAccepted(world, dice, textMessage({ from: phone, body })),
  };
}

/** The id that Twilio tells of somebody with a number, in tests. */
const bsuidOf = (phone: string) => `whatsapp:US.9${phone.slice(1)}`;

/** People with two accounts each: every second one will prove it by a code, the others by a message with the number and the id. */
export async function meet(
  world: World,
  writing: Writing,
  { count, idOf }: { count: number; idOf: (phone: string) => Promise<string | undefined> },
): Promise<Pair[]> {
  const planned = Array.from({ length: count }, (_, index) => ({
    kind: index % 2 === 0 ? ('link' as const) : ('proof' as const),
    old: `+1555${2_000_000 + index}`,
    fresh: `+1555${2_500_000 + index}`,
  }));
  // The older account is older.
  await Promise.all(planned.map(({ kind, old }) => writing.ask(old, kind === 'proof' ? '' : undefined)));
  await Promise.all(planned.map(({ old }) => waitFor(old, () => idOf(old))));
  await Promise.all(planned.map(({ fresh }) => writing.ask(fresh)));
  await calm(world, writing.accepted, 40_000);
  const known = async (phone: string) => ({ phone, id: await waitFor(phone, () => idOf(phone)) });
  const pairs: Pair[] = [];
  for (const { kind, old, fresh } of planned)
    pairs.push({ kind, old: await known(old), fresh: await known(fresh) });
  return pairs;
}

/** Codes for those who will link, by the id of the older account. */
export async function issueCodes(world: World, pairs: readonly Pair[]): Promise<Map<string, string>> {
  const codes = new Map<string, string>();
  for (const { kind, old } of pairs) {
    if (kind !== 'link') continue;
    const { body } = await world.api(`/users/${old.id}/link-code`, { method: 'POST' });
    codes.set(old.id, String(body.code));
  }
  return codes;
}

/** Both accounts write while it turns out that they are one person. */
export async function becomeOne(
  { kind, old, fresh }: Pair,
  { writing, dice, code }: { writing: Writing; dice: Dice; code: string | undefined },
): Promise<void> {
  const own = kind === 'proof' ? '' : undefined;
  const some = () => pause(dice.between(0, 120));
  const turnsOut = async () => {
    await some();
    if (kind === 'link') await writing.say(fresh.phone, `/link ${code}`);
    else await writing.ask(old.phone, bsuidOf(fresh.phone));
  };
  await Promise.all([
    some().then(() => writing.ask(old.phone, own)),
    some().then(() => writing.ask(fresh.phone)),
    turnsOut(),
    some()
      .then(some)
      .then(() => writing.ask(fresh.phone)),
    some()
      .then(some)
      .then(() => writing.ask(old.phone, own)),
  ]);
}

/** Whatever was not answered exactly once, to one of the two who asked: one sentence each. */
export function unlikeOnce(
  { twilio }: Pick<World, 'twilio'>,
  pairs: readonly Pair[],
  accepted: readonly CrowdMessage[],
): string[] {
  const heardBy = Map.groupBy(
    twilio.sent.flatMap(({ to, body }) =>
      wordsIn(body).map((word) => ({ word, phone: to.replace('whatsapp:', '') })),
    ),
    ({ word }) => word,
  );
  const accountsOf = new Map(
    pairs.flatMap(({ old, fresh }) =>
      [old, fresh].map(({ phone }) => [phone, [old.phone, fresh.phone]] as const),
    ),
  );
  return accepted.flatMap(({ phone, word }) => {
    const heard = (heardBy.get(word) ?? []).map((one) => one.phone);
    if (heard.length === 1 && accountsOf.get(phone)?.includes(heard[0] ?? '')) return [];
    return `${phone} asked about ${word}; the answer went to ${heard.join(' and ') || 'nobody'}`;
  });
}
