import { describe, expect, it } from 'vitest';
import { readCopyPlan } from '#config/copy-plan.ts';
import { SettingsWrong } from '#src/domain/errors.ts';

const postgres = 'postgres://bot:quiet@db/bot';
const other = 'postgres://bot:quiet@other/bot';
const planOf = (...given: Parameters<typeof readCopyPlan>) => {
  const { from, to } = readCopyPlan(...given);
  return [from.file, to.url];
};

describe('what is copied where', () => {
  it('follows the command line first', () => {
    const env = { DATABASE_URL: 'sqlite:///./other.db', TARGET: 'postgres://x@y/z' };
    expect(planOf({ from: 'sqlite:////var/bot.db', to: postgres }, env)).toEqual(['/var/bot.db', postgres]);
  });

  it('takes from DATABASE_URL whichever of the two it is', () => {
    expect(planOf({}, { DATABASE_URL: postgres })).toEqual(['./data/whatsapp_bot.db', postgres]);
    expect(planOf({}, { DATABASE_URL: 'sqlite:///./a.db', TARGET: postgres })).toEqual(['./a.db', postgres]);
    expect(planOf({ to: postgres }, {})).toEqual(['./data/whatsapp_bot.db', postgres]);
  });

  it('copies to TARGET rather than to the Postgres in DATABASE_URL', () => {
    const env = { DATABASE_URL: other, TARGET: postgres };
    expect(planOf({}, env)).toEqual(['./data/whatsapp_bot.db', postgres]);
    expect(readCopyPlan({}, env).names).toEqual({ from: '--from', to: 'TARGET' });
    expect(planOf({ to: other }, { TARGET: postgres })).toEqual(['./data/whatsapp_bot.db', other]);
  });

  it.each([
    [{}, {}, ['--to']],
    [{ to: 'sqlite:///./b.db' }, {}, ['--to']],
    [{ from: 'sqlite::memory:', to: postgres }, {}, ['--from']],
    [{ from: postgres, to: 'mysql://bot:quiet@db' }, {}, ['--from', '--to']],
    [{}, { TARGET: 'mysql://bot:quiet@db' }, ['TARGET']],
    [{}, { TARGET: 'mysql://bot:quiet@db', DATABASE_URL: postgres }, ['TARGET']],
    [{}, { DATABASE_URL: 'sqlite::memory:', TARGET: postgres }, ['DATABASE_URL']],
    [{}, { DATABASE_URL: 'postgres://bot:qu%iet@db/bot' }, ['DATABASE_URL']],
    [{ to: postgres }, { DATABASE_URL: 'sqlite://typo.db' }, ['DATABASE_URL']],
  ])('says what is wrong by the name it was given under, and no address: %j %j', (given, env, names) => {
    expect(problemsOf(given, env).map((problem) => problem.split(' ')[0])).toEqual(names);
  });

  it.each([
    [{ to: 'postgres://bot:quiet@db' }, {}, '--to names no database'],
    [{}, { TARGET: 'postgres://bot:quiet@db/' }, 'TARGET names no database'],
    [{}, { DATABASE_URL: 'postgres://bot:quiet@db:5432' }, 'DATABASE_URL names no database'],
  ])('says that the name of the database is missing: %j %j', (given, env, words) => {
    expect(problemsOf(given, env)).toEqual([`${words}: add one at the end, such as …/bot.`]);
  });
});

function problemsOf(...given: Parameters<typeof readCopyPlan>): readonly string[] {
  try {
    readCopyPlan(...given);
  } catch (error) {
    if (!(error instanceof SettingsWrong)) throw error;
    expect(error.message).not.toMatch(/quiet|qu%iet/);
    return error.problems;
  }
  throw new Error('it was a plan');
}
