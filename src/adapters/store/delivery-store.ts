import type { Selectable } from 'kysely';
import type { DeliveryReport } from '#src/domain/delivery.ts';
import type { PartExtras } from '#src/domain/outbound.ts';
import type { DeliveryStore, PartChange, ReportedPart } from '#src/ports/deliveries.ts';
import { waitsForPerson } from './called-back-parts.ts';
import {
  type ChangedPart,
  changeParts,
  endFollowers,
  markMessages,
  selectById,
  selectByProviderId,
  selectEarly,
  undelivered,
  unmarkMessages,
} from './delivery-statements.ts';
import { inChunks } from './in-chunks.ts';
import { isHeld } from './partial-indexes.ts';
import type { EarlyReportRow, OutboundPartRow } from './schema.ts';
import type { StoreContext } from './unit-of-work.ts';

/** What providers report about parts that are out. */
export function createDeliveryStore({ trx, clock }: StoreContext): DeliveryStore {
  /** What was held has arrived after all: where nothing else is, the next hold is the first one again. */
  async function forgetHolds(userIds: readonly string[]): Promise<void> {
    await trx
      .updateTable('users')
      .set({ held_since: null, untold_since: null })
      .where('id', 'in', [...new Set(userIds)])
      .where(({ not, exists, selectFrom }) =>
        not(
          exists(
            selectFrom('outbound_parts')
              .select('outbound_parts.id')
              .whereRef('outbound_parts.user_id', '=', 'users.id')
              .where(isHeld)
              .where(waitsForPerson),
          ),
        ),
      )
      .execute();
  }

  return {
    async find(reports) {
      const found = new Map<DeliveryReport, ReportedPart>();
      for (const [channel, ofOne] of Map.groupBy(reports, (report) => report.channel)) {
        const providerIds = [...new Set(ofOne.map((report) => report.providerId))];
        const byProviderId = new Map(
          (await selectByProviderId.all(trx, { channel, providerIds })).map((row) => [row.provider_id, row]),
        );
        const unknown = ofOne.filter(({ providerId }) => !byProviderId.has(providerId));
        const ids = [...new Set(unknown.flatMap(({ reference }) => reference ?? []))];
        const rows = ids.length === 0 ? [] : await selectById.all(trx, { channel, ids });
        const byId = new Map(rows.map((row) => [row.id, row]));
        for (const report of ofOne) {
          const row = byProviderId.get(report.providerId) ?? byId.get(report.reference ?? '');
          if (row) found.set(report, toReportedPart(row));
        }
      }
      return found;
    },

    async change(changes) {
      if (changes.length === 0) return;
      await changeParts.change(trx, { rows: JSON.stringify(changes.map(toChangedPart)) });
      const failed = changes.filter(({ state, problem }) => state === 'failed' && problem);
      if (failed.length > 0) {
        const rows = JSON.stringify(failed.map((change) => toMark(change, clock.now())));
        await endFollowers.change(trx, { rows });
        await markMessages.change(trx, { rows });
      }
      const freed = changes.filter(({ part, state }) => part.state === 'held' && state !== 'held');
      if (freed.length > 0) await forgetHolds(freed.map(({ part }) => part.userId));
      const arrived = changes.filter(({ problem }) => problem === null);
      const ids = [...new Set(arrived.map(({ part }) => part.messageId))];
      if (ids.length > 0) await unmarkMessages.change(trx, { ids });
    },

    async keep(reports) {
      const created_at = clock.now().toISOString();
      const rows = reports.map((report) => ({ ...toRow(report), created_at }));
      // In one order: processes that are told the same wait for each other.
      rows.sort((one, other) => (one.provider_id < other.provider_id ? -1 : 1));
      await inChunks(rows, (chunk) =>
        trx
          .insertInto('early_reports')
          .values([...chunk])
          .onConflict((conflict) => conflict.doNothing())
          .execute(),
      );
    },

    async takeEarly(channel, providerId) {
      const rows = await selectEarly.all(trx, { channel, providerId });
      if (rows.length === 0) return [];
      await trx
        .deleteFrom('early_reports')
        .where('channel', '=', channel)
        .where('provider_id', '=', providerId)
        .execute();
      return rows.map(toReport);
    },

    async takeKnown(limit) {
      const rows = await trx
        .selectFrom('early_reports')
        .innerJoin('outbound_parts', (join) =>
          join
            .onRef('outbound_parts.channel', '=', 'early_reports.channel')
            .onRef('outbound_parts.provider_id', '=', 'early_reports.provider_id'),
        )
        .selectAll('early_reports')
        .limit(limit)
        .execute();
      for (const { channel, provider_id, state } of rows) {
        await trx
          .deleteFrom('early_reports')
          .where('channel', '=', channel)
          .where('provider_id', '=', provider_id)
          .where('state', '=', state)
          .execute();
      }
      return rows.map(toReport);
    },

    async forgetEarly(before) {
      await trx.deleteFrom('early_reports').where('created_at', '<', before.toISOString()).execute();
    },
  };
}

type PartRow = Pick<
  Selectable<OutboundPartRow>,
  | 'id'
  | 'user_id'
  | 'message_id'
  | 'position'
  | 'channel'
  | 'to_address'
  | 'from_address'
  | 'extras'
  | 'state'
  | 'provider_id'
  | 'failures'
  | 'tried_at'
>;

function toReportedPart(row: PartRow): ReportedPart {
  const extras: PartExtras = row.extras === null ? {} : JSON.parse(row.extras);
  return {
    id: row.id,
    userId: row.user_id,
    messageId: row.message_id,
    position: row.position,
    channel: row.channel,
    to: row.to_address,
    from: row.from_address,
    isTemplate: extras.template !== undefined,
    isNudge: extras.isNudge === true,
    state: row.state,
    providerId: row.provider_id ?? undefined,
    failures: row.failures,
    triedAt: row.tried_at === null ? undefined : new Date(row.tried_at),
  };
}

function toChangedPart({ part, state, providerId, times, problem, notBefore }: PartChange): ChangedPart {
  const at = (reached: keyof PartChange['times']) => times[reached]?.toISOString() ?? null;
  return {
    id: part.id,
    state,
    provider_id: providerId,
    sent_at: at('sent'),
    delivered_at: at('delivered'),
    read_at: at('read'),
    played_at: at('played'),
    failed_at: at('failed'),
    has_problem: problem === undefined ? 0 : 1,
    error_code: problem?.code ?? null,
    error_title: problem?.title ?? null,
    error_reason: problem?.reason ?? null,
    not_before: notBefore?.toISOString() ?? null,
    failures: part.failures + (notBefore ? 1 : 0),
  };
}

function toMark({ part, problem, times }: PartChange, now: Date) {
  return {
    id: part.messageId,
    position: part.position,
    error_message: undelivered(problem?.code ?? '', problem?.reason),
    error_code: problem?.code ?? null,
    error_reason: problem?.reason ?? null,
    failed_at: (times.failed ?? now).toISOString(),
  };
}

function toRow(report: DeliveryReport): Omit<EarlyReportRow, 'created_at'> {
  return {
    channel: report.channel,
    provider_id: report.providerId,
    state: report.state,
    reference: report.reference ?? null,
    at: report.at.toISOString(),
    error_code: report.errorCode ?? null,
    error_title: report.errorTitle ?? null,
  };
}

function toReport(row: EarlyReportRow): DeliveryReport {
  return {
    channel: row.channel,
    providerId: row.provider_id,
    reference: row.reference ?? undefined,
    state: row.state,
    at: new Date(row.at),
    errorCode: row.error_code ?? undefined,
    errorTitle: row.error_title ?? undefined,
  };
}
