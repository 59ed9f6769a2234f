import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OpenMetrics, openMetrics } from '#src/adapters/metrics/open-metrics.ts';

/* The dashboard, the alerts and what /metrics really says must not drift apart. */
const read = (name: string) =>
  readFileSync(new URL(`../../docs/operations/${name}`, import.meta.url), 'utf8');

interface Panel {
  readonly type: string;
  readonly title: string;
  readonly id: number;
  readonly gridPos: { readonly x: number; readonly w: number };
  readonly datasource?: { readonly uid: string };
  readonly targets?: readonly { readonly expr: string }[];
}

let metrics: OpenMetrics;
let exposed: Map<string, string>;

beforeAll(async () => {
  metrics = openMetrics({ version: '1.0.0', role: 'all', engine: 'sqlite', dailyBudgetUsd: undefined });
  const { body } = await metrics.text();
  exposed = new Map(
    [...body.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => [name ?? '', type ?? '']),
  );
});
afterAll(() => metrics[Symbol.dispose]());

/** Names in an expression that are metrics, and not functions, labels or numbers. */
function namesIn(expression: string): string[] {
  const bare = expression.replaceAll(/"[^"]*"/g, '""');
  return [...bare.matchAll(/\b(?:assistant|nodejs|process)_\w+/g)].map(([name]) => name);
}

/** Whether /metrics has it; histograms have three names each. */
function isExposed(name: string): boolean {
  if (exposed.has(name) && exposed.get(name) !== 'histogram') return true;
  const histogram = /^(.*)_(?:bucket|sum|count)$/.exec(name)?.[1];
  return histogram !== undefined && exposed.get(histogram) === 'histogram';
}

/** Labels an expression selects or groups by. */
function labelsIn(expression: string): string[] {
  const groups = [...expression.matchAll(/\b(?:by|on|without|ignoring) \(([^)]*)\)/g)].flatMap(([, list]) =>
    (list ?? '').split(','),
  );
  const selected = [...expression.matchAll(/(\w+)(?:=~|!~|!=|=)"/g)].map(([, label]) => label ?? '');
  return [...groups, ...selected].map((label) => label.trim());
}

const dashboard = JSON.parse(read('grafana-dashboard.json')) as {
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly name: string; readonly type: string }[] };
};
const queries = dashboard.panels.flatMap((panel) => panel.targets?.map((target) => target.expr) ?? []);
const alerts = [...read('alerts.yml').matchAll(/- alert: (\w+)\n(?: +#.*\n)* +expr: (.+)\n/g)].map(
  ([, name, expression]) => ({ name: name ?? '', expression: expression ?? '' }),
);

describe('the dashboard', () => {
  it('asks for its data source and has a row for everything', () => {
    expect(dashboard.templating.list.map(({ name, type }) => [name, type])).toContainEqual([
      'datasource',
      'datasource',
    ]);
    const rows = dashboard.panels.filter(({ type }) => type === 'row').map(({ title }) => title);
    for (const row of [
      'Messages',
      'Turns',
      'Queue',
      'Vendors and money',
      'Deliveries',
      'Process and database',
    ])
      expect(rows).toContain(row);
  });

  it('has panels that are whole, each once and within the page', () => {
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
    for (const panel of dashboard.panels) {
      expect(panel.gridPos.x + panel.gridPos.w, panel.title).toBeLessThanOrEqual(24);
      if (panel.type === 'row') continue;
      // biome-ignore lint/suspicious/noTemplateCurlyInString: Grafana's own notation
      expect(panel.datasource?.uid, panel.title).toBe('${datasource}');
      expect(panel.targets?.length, panel.title).toBeGreaterThan(0);
    }
  });

  it('asks only for what /metrics has', () => {
    expect(queries.length).toBeGreaterThan(30);
    for (const query of queries) {
      expect(namesIn(query).length, query).toBeGreaterThan(0);
      for (const name of namesIn(query)) expect(isExposed(name), `${name} in ${query}`).toBe(true);
    }
  });

  it('shows every number of ours', () => {
    const shown = queries.flatMap(namesIn).join(' ');
    const ours = [...exposed.keys()].filter((name) => name.startsWith('assistant_'));
    expect(ours.filter((name) => !shown.includes(name))).toEqual([]);
  });
});

describe('the alerts', () => {
  it('ask only for what /metrics has', () => {
    expect(alerts.length).toBe(read('alerts.yml').split('- alert: ').length - 1);
    for (const { expression } of alerts)
      for (const name of namesIn(expression)) expect(isExposed(name), `${name} in ${expression}`).toBe(true);
  });

  it('are all explained', () => {
    const explained = read('README.md');
    for (const { name } of alerts) expect(explained).toContain(name);
  });
});

describe('labels', () => {
  it('are known ones, none of which could carry a person', async () => {
    const known = [
      'channel',
      'code',
      'engine',
      'instance',
      'job',
      'kind',
      'le',
      'model',
      'operation',
      'outcome',
      'role',
      'state',
      'status',
      'step',
      'vendor',
      'version',
    ];
    const used = new Set([...queries, ...alerts.map(({ expression }) => expression)].flatMap(labelsIn));
    expect([...used].filter((label) => !known.includes(label))).toEqual([]);

    metrics.story.judged({ channel: 'twilio', type: 'text', verdict: 'allowed' });
    metrics.story.partEnded({ channel: 'twilio', state: 'failed', errorCode: '+15550001111 opted out' });
    metrics.story.partEnded({ channel: 'twilio', state: 'failed', errorCode: '21610' });
    const { body } = await metrics.text();
    const ours = body.split('\n').filter((line) => line.startsWith('assistant_'));
    const carried = new Set(ours.flatMap((line) => [...line.matchAll(/(\w+)="/g)].map(([, label]) => label)));
    expect([...carried].filter((label) => !known.includes(label ?? ''))).toEqual([]);
    expect(body).toContain('assistant_deliveries_total{channel="twilio",state="failed",code="other"} 1');
    expect(body).toContain('assistant_deliveries_total{channel="twilio",state="failed",code="21610"} 1');
  });
});
