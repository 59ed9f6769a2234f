import type { Selectable } from 'kysely';
import type { Placeholders, Template } from '#src/domain/template.ts';
import type { StoredTemplate, TemplateStore } from '#src/ports/outreach.ts';
import { inChunks } from './in-chunks.ts';
import type { TemplateRow } from './outreach-tables.ts';
import type { StoreContext } from './unit-of-work.ts';

/** Templates as providers last told of them. */
export function createTemplateStore({ trx, clock }: StoreContext): TemplateStore {
  const read = () =>
    trx.selectFrom('templates').selectAll().orderBy('channel').orderBy('name').orderBy('language');
  return {
    all: async () => (await read().execute()).map(toTemplate),

    async named(name, channel) {
      const rows = await read()
        .where('name', '=', name)
        .$if(channel !== undefined, (query) => query.where('channel', '=', channel ?? 'meta'))
        .execute();
      return rows.map(toTemplate);
    },

    async replace(channel, templates) {
      const known = await read().where('channel', '=', channel).execute();
      // A list need not tell what a webhook has told.
      const qualityOf = new Map(known.map((row) => [keyOf(row), row.quality]));
      await trx.deleteFrom('templates').where('channel', '=', channel).execute();
      const updated_at = clock.now().toISOString();
      // A list that changes while it is read can name one twice: the later one is newer.
      const rows = new Map(
        templates.map((one) => [
          keyOf(one),
          { ...toRow(one, updated_at), quality: one.quality ?? qualityOf.get(keyOf(one)) ?? null },
        ]),
      );
      await inChunks([...rows.values()], (chunk) =>
        trx
          .insertInto('templates')
          .values([...chunk])
          // Another process has just listed the same.
          .onConflict((conflict) => conflict.doNothing())
          .execute(),
      );
    },

    async report(reports) {
      const updated_at = clock.now().toISOString();
      for (const report of reports) {
        const { channel, name, language } = report;
        // What it says now only the next list tells.
        if ('isEdited' in report) continue;
        const told =
          'quality' in report
            ? { quality: report.quality }
            : { state: report.state, reason: report.reason ?? null };
        await trx
          .updateTable('templates')
          .set({ ...told, updated_at })
          .where('channel', '=', channel)
          .where('name', '=', name)
          .where('language', '=', language)
          .execute();
      }
    },
  };
}

const keyOf = ({ name, language }: Pick<Template, 'name' | 'language'>) => `${name}\n${language}`;

function toRow(template: Template, updated_at: string): TemplateRow {
  const { category, reason, quality, placeholders, components, ...facts } = template;
  return {
    ...facts,
    category: category ?? null,
    reason: reason ?? null,
    quality: quality ?? null,
    placeholders: JSON.stringify(placeholders),
    components: JSON.stringify(components),
    updated_at,
  };
}

function toTemplate(row: Selectable<TemplateRow>): StoredTemplate {
  return {
    channel: row.channel,
    name: row.name,
    language: row.language,
    title: row.title,
    category: row.category ?? undefined,
    state: row.state,
    reason: row.reason ?? undefined,
    quality: row.quality ?? undefined,
    body: row.body,
    placeholders: JSON.parse(row.placeholders) as Placeholders,
    components: JSON.parse(row.components),
    updatedAt: new Date(row.updated_at),
  };
}
