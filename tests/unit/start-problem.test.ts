import { describe, expect, it } from 'vitest';
import { AppError } from '#src/domain/errors.ts';
import { startProblems } from '#src/start-problem.ts';

const copy = { postgres: 'TARGET', file: '--from', alreadyRunning: 'Stop the bot first.' };
const failure = (facts: object) => Object.assign(new Error('as the system says it'), facts);

describe('why a program cannot start', () => {
  it('is said in the words of the program', () => {
    const running = new AppError('already_running', 'another process', { retryable: false });
    expect(startProblems(running)?.[0]).toContain('or set DATABASE_URL to another file');
    expect(startProblems(running, copy)).toEqual(['Stop the bot first.']);
    expect(startProblems(failure({ code: 'SQLITE_NOTADB' }), copy)?.[0]).toMatch(/^--from /);
    expect(startProblems(failure({ code: '3D000' }), copy)?.[0]).toContain('the name in TARGET');
  });

  it('says which sslmode checks the certificate, where the server asks for TLS', () => {
    const [problem] = startProblems(failure({ code: '28000' })) ?? [];
    expect(problem).toContain('?sslmode=verify-full (checks the certificate)');
    expect(problem).toContain('?sslmode=no-verify (encrypts without checking it) to DATABASE_URL');
  });

  it('keeps the stack trace of a missing file of its own', () => {
    const facts = { code: 'ENOENT', path: '/app/config/prompts/assistant.md' };
    expect(startProblems(failure({ ...facts, syscall: 'open' }))).toBeUndefined();
    expect(startProblems(failure({ code: 'ENOENT', syscall: 'mkdir', path: '/proc/x' }))).toHaveLength(1);
  });
});
