import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** Everything that is counted, by name. Labels have few values and never say who a person is. */
export type Instruments = ReturnType<typeof createInstruments>;

/** Seconds, from what a database does to what a long document takes. */
const seconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120];
/** The same with finer steps below, for what happens inside the house. */
const shortSeconds = [0.0005, 0.001, 0.0025, ...seconds.filter((bound) => bound <= 5)];

/** Makes the instruments of the product in a registry of its own. */
export function createInstruments(registry: Registry) {
  const registers = [registry];
  const counter = <L extends string>(name: string, help: string, labelNames: readonly L[] = []) =>
    new Counter({ name: `assistant_${name}`, help, labelNames, registers });
  const gauge = <L extends string>(name: string, help: string, labelNames: readonly L[] = []) =>
    new Gauge({ name: `assistant_${name}`, help, labelNames, registers });
  const histogram = <L extends string>(
    name: string,
    help: string,
    labelNames: readonly L[] = [],
    buckets = seconds,
  ) => new Histogram({ name: `assistant_${name}`, help, labelNames, buckets, registers });

  return {
    info: gauge('info', 'Always 1; the labels say what runs here.', ['version', 'role', 'engine']),
    ready: gauge('ready', '1 when /health/ready says so.'),
    dailyBudget: gauge('daily_budget_usd', 'What all people together may cost a UTC day; 0 = no limit.'),

    messages: counter('messages_total', 'Messages that were looked at.', ['channel', 'kind', 'outcome']),
    webhooks: counter('webhooks_total', 'Webhooks by the status they were answered with.', ['status']),
    webhookSeconds: histogram('webhook_duration_seconds', 'From a webhook to its answer.', [], shortSeconds),

    turnSeconds: histogram('turn_duration_seconds', 'From opening a turn to its end.', ['outcome']),
    replyWait: histogram(
      'reply_wait_seconds',
      "From the arrival of a turn's first message to the turn's end.",
    ),
    stepSeconds: histogram('step_duration_seconds', 'One step of a turn.', ['step']),

    jobs: gauge('jobs', 'Jobs that answer people, by state. All processes see the same queue.', ['state']),
    oldestDue: gauge('oldest_due_job_seconds', 'How long the oldest job that should run has been waiting.'),
    jobSeconds: histogram('job_duration_seconds', 'One run of a job in this process.', ['job', 'outcome']),
    jobRetries: counter('job_retries_total', 'Runs of jobs that were not the first.', ['job']),
    jobsRunning: gauge('jobs_running', 'Jobs that run in this process.'),
    arrivals: gauge('arrivals_waiting', 'Messages in the arrival log that are not in the database yet.'),
    oldestArrival: gauge('oldest_arrival_seconds', 'How long the oldest of them has been waiting.'),
    arrivalsSetAside: gauge('arrivals_set_aside', 'Messages that could not be stored and need a person.'),

    vendorSeconds: histogram('vendor_call_duration_seconds', 'Calls to vendors, retries included.', [
      'vendor',
      'operation',
      'outcome',
    ]),
    vendorRetries: counter('vendor_retries_total', 'Repetitions within calls to vendors.', [
      'vendor',
      'operation',
    ]),
    tokens: counter('tokens_total', 'Tokens of models; `cached` is part of `prompt`.', ['model', 'kind']),
    audioSeconds: counter('audio_seconds_total', 'Sound that was transcribed.', ['model']),
    cost: counter('cost_usd_total', 'What models cost by the configured prices.', ['model']),
    fileSeconds: histogram('file_read_duration_seconds', 'Reading files in child processes.', [
      'operation',
      'outcome',
    ]),

    deliveries: counter('deliveries_total', 'Parts of replies by how they ended.', [
      'channel',
      'state',
      'code',
    ]),
    reports: counter('delivery_reports_total', 'What became of parts that were out, by what was reported.', [
      'channel',
      'state',
      'code',
    ]),

    channelStopped: gauge(
      'channel_stopped',
      '1 while a channel rests until its owner has mended something. All processes know the same.',
      ['channel'],
    ),

    databaseUp: gauge('database_up', '1 when the database answered this scrape.'),
    transactionSeconds: histogram(
      'database_transaction_seconds',
      'One transaction, waiting included.',
      [],
      shortSeconds,
    ),
    databaseWait: histogram(
      'database_wait_seconds',
      'From asking for a transaction to its beginning.',
      [],
      shortSeconds,
    ),
    databaseErrors: counter('database_errors_total', 'Transactions that the database did not carry out.'),
    connections: gauge('database_connections', 'Connections of the Postgres pool by state.', ['state']),
  };
}
