import { describe, expect, it } from 'vitest';
import { createReadiness, type Phase } from '#src/http/readiness.ts';
import { startServer } from './server-under-test.ts';

const fine = async () => {};
const broken = () => Promise.reject(new Error('SECRET reason'));
const stuck = () => new Promise<never>(() => {});

async function ask(readiness: ReturnType<typeof createReadiness>) {
  await using server = await startServer({ deps: { readiness } });
  const answer = await server.app.inject('/health/ready');
  expect(answer.headers['cache-control']).toBe('no-store');
  expect(answer.body).not.toContain('SECRET');
  expect((await server.app.inject('/health/live')).json()).toEqual({ status: 'alive' });
  return [answer.statusCode, answer.json().status, answer.json().reasons];
}

function storage(checks: {
  read?: () => Promise<unknown>;
  write?: () => Promise<unknown>;
  isInPlace?: () => boolean;
}) {
  const readiness = createReadiness({ isInPlace: () => true, read: fine, write: fine, ...checks });
  readiness.set('ready');
  return readiness;
}

describe('/health/ready', () => {
  it.each<[Phase, number, string[]]>([
    ['starting', 503, ['starting']],
    ['ready', 200, []],
    ['closing', 503, ['closing']],
  ])('is, while %s, %i', async (phase, status, reasons) => {
    const readiness = storage({});
    readiness.set(phase);
    expect(await ask(readiness)).toEqual([status, status === 200 ? 'ready' : 'not_ready', reasons]);
  });

  it('begins as starting', () => {
    expect(createReadiness({ isInPlace: () => true, read: fine, write: fine }).phase).toBe('starting');
  });

  it.each([
    ['nothing can be stored', { write: broken }, 'storage_refuses_writes'],
    ['storing takes forever', { write: stuck }, 'storage_refuses_writes'],
    ['the database does not answer', { write: broken, read: broken }, 'database_down'],
    ['the database file is elsewhere', { isInPlace: () => false }, 'database_not_in_place'],
    [
      'its folder cannot be looked at',
      {
        isInPlace: () => {
          throw new Error('SECRET');
        },
      },
      'database_not_in_place',
    ],
  ])('is red when %s', async (_what, checks, reason) => {
    expect(await ask(storage(checks))).toEqual([503, 'not_ready', [reason]]);
  });

  it('names every reason, and writes once for all who ask at the same time', async () => {
    let writes = 0;
    const readiness = storage({
      write: () => {
        writes += 1;
        return broken();
      },
    });
    readiness.set('closing');
    const answers = await Promise.all([readiness.reasons(), readiness.reasons(), readiness.reasons()]);
    for (const reasons of answers) expect(reasons).toEqual(['closing', 'storage_refuses_writes']);
    expect(writes).toBe(1);
  });
});
