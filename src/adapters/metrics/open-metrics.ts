import { collectDefaultMetrics, Registry } from 'prom-client';
import type { ModelPrice } from '#src/domain/usage.ts';
import type { Ai } from '#src/ports/ai.ts';
import type { Channel } from '#src/ports/channel.ts';
import type { FileReaders } from '#src/ports/documents.ts';
import type { JobHandlers } from '#src/ports/jobs.ts';
import type { Metrics } from '#src/ports/metrics.ts';
import type { UnitOfWork } from '#src/ports/stores.ts';
import { createInstruments } from './instruments.ts';
import { measureAi } from './measured-ai.ts';
import { measureChannel } from './measured-channel.ts';
import { measureHandlers } from './measured-handlers.ts';
import { measureReaders } from './measured-readers.ts';
import { measureUnitOfWork } from './measured-unit-of-work.ts';
import { createScrape, type ScrapeSources } from './scrape.ts';
import { createStoryMetrics } from './story-metrics.ts';

/** Everything this process counts, and the ways to have something counted. */
export interface OpenMetrics extends Disposable {
  /** What the story tells. */
  readonly story: Metrics;
  ai(ai: Ai, about: { vendor: string; priceOf: (model: string) => ModelPrice | undefined }): Ai;
  /** Call it when a model is asked the same thing again. */
  vendorRetried(vendor: string, operation: string): void;
  channels<Name>(channels: ReadonlyMap<Name, Channel>): ReadonlyMap<Name, Channel>;
  readers(readers: FileReaders): FileReaders;
  unitOfWork(unitOfWork: UnitOfWork): UnitOfWork;
  handlers(handlers: JobHandlers): JobHandlers;
  /** A webhook was answered after so many milliseconds. */
  webhookAnswered(status: number, ms: number): void;
  /** Jobs that run in this process at this moment. */
  runningJobs(): number;
  /** From where what is read at each scrape comes; until then it is missing. */
  readFrom(sources: ScrapeSources): void;
  /** All of it in Prometheus' text format. */
  text(): Promise<{ contentType: string; body: string }>;
}

/** What runs here, in words that are the same for the life of the process. */
export interface MetricsFacts {
  readonly version: string;
  readonly role: string;
  readonly engine: string;
  /** USD a UTC day for everybody together; undefined = no limit. */
  readonly dailyBudgetUsd: number | undefined;
}

/** Begins to count, in a registry of its own, so that two products in one process (tests) stay apart. */
export function openMetrics({ version, role, engine, dailyBudgetUsd }: MetricsFacts): OpenMetrics {
  const registry = new Registry();
  // Memory, processor, garbage collection and the delay of the event loop (`nodejs_eventloop_lag_*`).
  collectDefaultMetrics({ register: registry });
  const instruments = createInstruments(registry);
  instruments.info.set({ version, role, engine }, 1);
  instruments.dailyBudget.set(dailyBudgetUsd ?? 0);
  // From 0, so that the first one is an increase that an alarm can see.
  for (const status of [200, 403, 503]) instruments.webhooks.inc({ status }, 0);
  /** Since the last scrape: a plain map costs a fiftieth of a counter with a label. */
  const webhooks = new Map<number, number>();
  let running = 0;
  let scrape: (() => Promise<void>) | undefined;

  return {
    story: createStoryMetrics(instruments),
    ai: (ai, about) => measureAi(ai, { ...about, instruments }),
    vendorRetried: (vendor, operation) => instruments.vendorRetries.inc({ vendor, operation }),
    channels: (channels) =>
      new Map([...channels].map(([name, channel]) => [name, measureChannel(channel, instruments)])),
    readers: (readers) => measureReaders(readers, instruments),
    unitOfWork: (unitOfWork) => measureUnitOfWork(unitOfWork, instruments),
    handlers: (handlers) =>
      measureHandlers(handlers, {
        ...instruments,
        onRunning: (change) => {
          running += change;
          instruments.jobsRunning.set(running);
        },
      }),
    webhookAnswered(status, ms) {
      webhooks.set(status, (webhooks.get(status) ?? 0) + 1);
      instruments.webhookSeconds.observe(ms / 1000);
    },
    runningJobs: () => running,
    readFrom(sources) {
      scrape = createScrape(instruments, sources);
    },
    async text() {
      for (const [status, count] of webhooks) instruments.webhooks.inc({ status }, count);
      webhooks.clear();
      await scrape?.();
      return { contentType: registry.contentType, body: await registry.metrics() };
    },
    [Symbol.dispose]() {
      registry.clear();
    },
  };
}
