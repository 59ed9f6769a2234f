import { createHash, randomBytes, randomInt, timingSafeEqual } from 'node:crypto';
import type { LinkOutcome, PeopleStore } from '#src/ports/people.ts';
import type { LinkCode } from '#src/ports/user-admin.ts';
import { followMerged } from './follow-merged.ts';
import { mergePeople } from './merge-people.ts';
import type { StoreContext } from './unit-of-work.ts';

/** Capitals and digits that nobody takes for one another: no 0 and O, no 1, I and L. */
const alphabet = '23456789ABCDEFGHJKMNPQRSTUVWXYZ';
const codeLength = 8;
const validMs = 24 * 60 * 60 * 1000;
/** Of one sender on a UTC day. */
const mostWrong = 5;

/** Who is who, and codes by which people tell. */
export function createPeopleStore(context: StoreContext): PeopleStore {
  const { trx, clock } = context;

  async function ownerOf(senderId: string, code: string): Promise<string | undefined> {
    const codes = await trx
      .selectFrom('link_codes')
      .innerJoin('users as owner', 'owner.id', 'link_codes.user_id')
      .innerJoin('users as sender', 'sender.is_simulated', 'owner.is_simulated')
      .select(['link_codes.user_id', 'salt', 'hash'])
      .where('sender.id', '=', senderId)
      .where('owner.is_active', '=', 1)
      .where('owner.erased_at', 'is', null)
      .where('expires_at', '>', clock.now().toISOString())
      .execute();
    // All of them, so that the time it takes tells nothing.
    const matching = codes.filter(({ salt, hash }) =>
      timingSafeEqual(Buffer.from(hashOf(code, salt), 'hex'), Buffer.from(hash, 'hex')),
    );
    return matching[0]?.user_id;
  }

  async function countWrong(userId: string, day: string, wrong: number): Promise<LinkOutcome> {
    await trx
      .insertInto('link_tries')
      .values({ user_id: userId, day, wrong })
      .onConflict((conflict) => conflict.column('user_id').doUpdateSet({ day, wrong }))
      .execute();
    return { kind: 'wrong' };
  }

  return {
    async link(senderId, code) {
      const day = clock.now().toISOString().slice(0, 10);
      const tries = await trx
        .selectFrom('link_tries')
        .select('wrong')
        .where('user_id', '=', senderId)
        .where('day', '=', day)
        .executeTakeFirst();
      const wrong = tries?.wrong ?? 0;
      if (wrong >= mostWrong) return { kind: 'too_many' };
      const userId = await ownerOf(senderId, code);
      // The fence: a code is used once.
      const used =
        userId &&
        (await trx.deleteFrom('link_codes').where('user_id', '=', userId).executeTakeFirstOrThrow());
      if (!userId || !used || used.numDeletedRows === 0n) return countWrong(senderId, day, wrong + 1);
      await mergePeople(context, userId, senderId, { access: 'kept' });
      return { kind: 'linked', userId };
    },

    handOver: (userId, toUserId) => mergePeople(context, toUserId, userId),
  };
}

/** Issues a code for a person, in place of the one before; undefined when nobody has this id. */
export async function issueLinkCode(
  { trx, clock }: Pick<StoreContext, 'trx' | 'clock'>,
  userId: string,
): Promise<LinkCode | undefined> {
  const user = await followMerged(trx, userId);
  if (!user) return undefined;
  const code = Array.from({ length: codeLength }, () => alphabet[randomInt(alphabet.length)]).join('');
  const salt = randomBytes(16).toString('hex');
  const now = clock.now();
  const row = {
    salt,
    hash: hashOf(code, salt),
    created_at: now.toISOString(),
    expires_at: new Date(now.getTime() + validMs).toISOString(),
  };
  await trx
    .insertInto('link_codes')
    .values({ user_id: user.id, ...row })
    .onConflict((conflict) => conflict.column('user_id').doUpdateSet(row))
    .execute();
  return { code, expires_at: row.expires_at };
}

function hashOf(code: string, salt: string): string {
  return createHash('sha256').update(`${salt}\0${code}`).digest('hex');
}
