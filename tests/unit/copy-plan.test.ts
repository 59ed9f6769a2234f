import { describe, expect, it } from 'vitest';
import { readCopyPlan } from '#config/copy-plan.ts';
import { SettingsWrong } from '#src/domain/errors.ts';

const postgres = 'postgres://bot:quiet@db/bot';
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

  it.each([
    [{}, {}, ['--to']],
    [{ to: 'sqlite:///./b.db' }, {}, ['--to']],
    [{ from: 'sqlite::memory:', to: postgres }, {}, ['--from']],
    [{ from: postgres, to: 'mysql://bot:quiet@db' }, {}, ['--from', '--to']],
  ])('says what is missing, and no address: %j', (given, env, names) => {
    try {
      readCopyPlan(given, env);
      expect.unreachable();
    } catch (error) {
      if (!(error instanceof SettingsWrong)) throw error;
      expect(error.problems.map((problem) => problem.split(' ')[0])).toEqual(names);
      expect(error.message).not.toContain('quiet');
    }
  });
});
