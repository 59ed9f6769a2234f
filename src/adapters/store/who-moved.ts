import type { Identity } from '#src/domain/identity.ts';
import { keyOf } from './proven-identities.ts';
import { findPast } from './recognize-strangers.ts';
import type { StoreContext } from './unit-of-work.ts';

/** The provider repeats itself for a week: whoever appeared with the new number within it has most likely moved there. */
export const noticeMayTakeMs = 7 * 24 * 60 * 60 * 1000;

/** Whom a notice is about that tells of a move; undefined when nobody had these identities. */
export async function findMover(
  trx: StoreContext['trx'],
  previous: readonly Identity[],
  at: string,
): Promise<string | undefined> {
  const known = await ownersOf(trx, previous);
  // An id is stronger than a number, which may be somebody else's by now.
  const byId = known.find(({ kind }) => kind !== 'phone');
  if (byId) return byId.user_id;
  const isPrevious = new Set(previous.map(keyOf));
  const past = (await findPast(trx, previous)).filter((row) => isPrevious.has(keyOf(row)));
  // Who had the number at that time; whoever has it by now came later.
  const then = past.findLast((row) => row.valid_to >= at);
  if (then?.is_taken === 1 && !(await hasPhone(trx, then.user_id))) return then.user_id;
  if (!then && known[0]) return known[0].user_id;
  const since = new Date(Date.parse(at) - noticeMayTakeMs).toISOString();
  return leftBefore(
    trx,
    past.filter((row) => row.valid_to >= since),
    at,
  );
}

/**
 * Whoever has a number by now may have shown it before the notice came that its owner had left it. A list that names it did not mean
 * them, so they may use the bot only if something else of them is welcome.
 */
export async function excludeNewHolders(
  { trx, clock }: StoreContext,
  mover: { userId: string; previous: readonly Identity[]; at: string },
  isWelcome: (sender: readonly Identity[]) => boolean,
): Promise<void> {
  const isPrevious = new Set(mover.previous.map(keyOf));
  const namesPhone = mover.previous.some(({ kind }) => kind === 'phone');
  const taken = (
    await trx
      .selectFrom('past_identities')
      .selectAll()
      .where('user_id', '=', mover.userId)
      .where('kind', '=', 'phone')
      .where('is_taken', '=', 1)
      .where('valid_to', '>=', mover.at)
      .execute()
  ).filter((row) => !namesPhone || isPrevious.has(keyOf(row)));
  for (const row of taken) {
    await trx.updateTable('past_identities').set({ is_taken: 0 }).where('id', '=', row.id).execute();
    const [holder] = await ownersOf(trx, [row]);
    if (!holder || holder.user_id === mover.userId) continue;
    const theirs = await identitiesOf(trx, holder.user_id);
    if (isWelcome(theirs.filter((identity) => keyOf(identity) !== keyOf(row)))) continue;
    await trx
      .updateTable('users')
      .set({ is_whitelisted: 0, updated_at: clock.now().toISOString() })
      .where('id', '=', holder.user_id)
      .where('access_decided_by', '=', 'settings')
      .execute();
  }
}

/** Whose identities these are. */
export function ownersOf(trx: StoreContext['trx'], identities: readonly Identity[]) {
  return trx
    .selectFrom('user_identities')
    .selectAll()
    .where((eb) =>
      eb.or(
        identities.map(({ kind, scope, value }) =>
          eb.and([eb('kind', '=', kind), eb('scope', '=', scope), eb('value', '=', value)]),
        ),
      ),
    )
    .orderBy('user_id')
    .execute();
}

/** By what somebody is known. */
export function identitiesOf(trx: StoreContext['trx'], userId: string) {
  return trx.selectFrom('user_identities').selectAll().where('user_id', '=', userId).execute();
}

type Past = Awaited<ReturnType<typeof findPast>>;

async function hasPhone(trx: StoreContext['trx'], userId: string): Promise<boolean> {
  return (await identitiesOf(trx, userId)).some(({ kind }) => kind === 'phone');
}

/** Who had these identities until shortly before a notice, and has not changed since. */
async function leftBefore(trx: StoreContext['trx'], past: Past, at: string): Promise<string | undefined> {
  const owner = past.find(({ kind }) => kind !== 'phone') ?? past[0];
  if (!owner) return undefined;
  const newer = await trx
    .selectFrom('past_identities')
    .select('id')
    .where('user_id', '=', owner.user_id)
    .where('valid_to', '>', at)
    .executeTakeFirst();
  return newer ? undefined : owner.user_id;
}
