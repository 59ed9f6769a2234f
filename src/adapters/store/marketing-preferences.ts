import type { MarketingPreference } from '#src/domain/channel-event.ts';
import type { Identity } from '#src/domain/identity.ts';
import { dropMarketing } from './drop-marketing.ts';
import { inChunks } from './in-chunks.ts';
import type { ConsentRow } from './privacy-tables.ts';
import { keyOf } from './proven-identities.ts';
import { isSqlite } from './statement.ts';
import type { StoreContext } from './unit-of-work.ts';

/** What WhatsApp calls the webhook in which it tells; kept in the log beside who told. */
const detail = 'user_preferences';

/**
 * Applies what people have told WhatsApp about messages that go to many. Entries of the log are dated by when it was said, so that the
 * latest of them is their wish, whatever order they come in; a thousand cost hardly more statements than one.
 * @returns whose wish is another one now
 */
export async function applyPreferences(
  context: StoreContext,
  preferences: readonly MarketingPreference[],
): Promise<string[]> {
  const { trx, clock, newId } = context;
  const now = clock.now().toISOString();
  const ownerOf = await findOwners(trx, preferences);
  const said = preferences
    .flatMap(({ channel, wants, at, person }) => {
      const userId = ownerOf(person);
      // A clock that is ahead must not outdo what is said later.
      const saidAt = at.toISOString() < now ? at.toISOString() : now;
      return userId ? [{ userId, channel, action: wants ? 'granted' : 'revoked', saidAt } as const] : [];
    })
    .sort((one, other) => (one.saidAt < other.saidAt ? -1 : one.saidAt > other.saidAt ? 1 : 0));
  const userIds = [...new Set(said.map(({ userId }) => userId))].sort();
  const users = await inChunks(userIds, (chunk) =>
    trx
      .selectFrom('users')
      .select(['id', 'marketing_opted_out_at'])
      .where('id', 'in', chunk)
      .orderBy('id')
      // Processes that are told about the same people come one after the other.
      .$if(!isSqlite(trx), (query) => query.forUpdate())
      .execute(),
  );
  const last = await readLast(trx, userIds);
  const entries: ConsentRow[] = [];
  for (const { userId, channel, action, saidAt } of said) {
    const before = last.get(userId);
    // Of two wishes of one second the one counts that keeps messages away.
    const isLater = !before || before.saidAt < saidAt || (before.saidAt === saidAt && before.action < action);
    if (!isLater) continue;
    last.set(userId, { action, saidAt });
    entries.push({
      id: newId(),
      user_id: userId,
      type: 'marketing',
      action,
      source: 'whatsapp',
      channel,
      message_id: null,
      wording_version: null,
      detail,
      created_at: saidAt,
    });
  }
  await inChunks(entries, (chunk) =>
    trx
      .insertInto('consents')
      .values([...chunk])
      .execute(),
  );
  const told = new Set(entries.map((entry) => entry.user_id));
  const changed: string[] = [];
  for (const { id, marketing_opted_out_at: since } of users) {
    const wish = told.has(id) ? last.get(id) : undefined;
    if (!wish || (wish.action === 'revoked') === (since !== null)) continue;
    const marketing_opted_out_at = wish.action === 'revoked' ? wish.saidAt : null;
    await trx
      .updateTable('users')
      .set({ marketing_opted_out_at, updated_at: now })
      .where('id', '=', id)
      .execute();
    if (wish.action === 'revoked') await dropMarketing(context, id);
    changed.push(id);
  }
  return changed;
}

/** The latest word of each person in the log. */
async function readLast(trx: StoreContext['trx'], userIds: readonly string[]) {
  const rows = await inChunks(userIds, (chunk) =>
    trx
      .selectFrom('consents')
      .select(['user_id', 'action', 'created_at'])
      .where('user_id', 'in', chunk)
      .where('type', '=', 'marketing')
      .orderBy('created_at')
      .orderBy('action')
      .execute(),
  );
  return new Map(rows.map((row) => [row.user_id, { action: row.action, saidAt: row.created_at }]));
}

/**
 * Finds whose preferences they are: by the strongest id. A number proves nothing where its owner is known by another id, because ids
 * change with the person: it is somebody else's by now.
 */
async function findOwners(
  trx: StoreContext['trx'],
  preferences: readonly MarketingPreference[],
): Promise<(person: readonly Identity[]) => string | undefined> {
  const values = [...new Set(preferences.flatMap(({ person }) => person.map(({ value }) => value)))];
  const known = await inChunks(values, (chunk) =>
    trx
      .selectFrom('user_identities')
      .select(['kind', 'scope', 'value', 'user_id'])
      .where('kind', 'in', ['phone', 'bsuid', 'parent_bsuid'])
      .where('scope', '=', '')
      .where('value', 'in', chunk)
      .execute(),
  );
  const userOf = new Map(known.map((row) => [keyOf(row), row.user_id]));
  const byNumber = [...new Set(known.flatMap((row) => (row.kind === 'phone' ? row.user_id : [])))];
  const withId = await inChunks(byNumber, (chunk) =>
    trx
      .selectFrom('user_identities')
      .select('user_id')
      .where('user_id', 'in', chunk)
      .where('kind', '=', 'bsuid')
      .execute(),
  );
  const hasId = new Set(withId.map((row) => row.user_id));
  return (person) => {
    const ownerBy = (kind: Identity['kind']) => {
      const identity = person.find((one) => one.kind === kind);
      return identity && userOf.get(keyOf(identity));
    };
    const byId = ownerBy('bsuid') ?? ownerBy('parent_bsuid');
    const owner = byId ?? ownerBy('phone');
    const isOther = byId === undefined && owner !== undefined && hasId.has(owner);
    return isOther && person.some(({ kind }) => kind === 'bsuid') ? undefined : owner;
  };
}
