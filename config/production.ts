import { halfConfigured } from './channel-settings.ts';
import type { Env } from './env.ts';

/** What production needs beyond readable values: every gap or contradiction, with what to do, one line each. */
export function productionProblems(values: Partial<Env>): string[] {
  const problems: string[] = [];
  const require = (name: keyof Env, why: string) => {
    if (values[name] === '') problems.push(`${name} is missing: ${why}`);
  };
  require('SECRET_KEY', 'sign-in sessions are signed with it. Make one with: openssl rand -hex 32');
  if (values.SECRET_KEY && values.SECRET_KEY.length < 32) {
    problems.push('SECRET_KEY is too short: use at least 32 characters. Make one with: openssl rand -hex 32');
  }
  require('ADMIN_PASSWORD', 'it protects the chat page and the API. Choose at least 8 characters.');
  if (values.ADMIN_PASSWORD && values.ADMIN_PASSWORD.length < 8) {
    problems.push('ADMIN_PASSWORD is too short: choose at least 8 characters.');
  }
  require('PUBLIC_URL', 'webhook signatures are checked against it. Set the address the world sees, such as https://bot.example.com');
  if (values.PUBLIC_URL && !isSafeUrl(values.PUBLIC_URL)) {
    problems.push('PUBLIC_URL must start with https:// (plain http is accepted for loopback hosts only).');
  }
  if (values.TWILIO_ACCOUNT_SID && !values.TWILIO_ACCOUNT_SID.startsWith('AC')) {
    problems.push(
      'TWILIO_ACCOUNT_SID must start with AC, as the Twilio console shows it; an API key (SK…) does not verify webhooks.',
    );
  }
  problems.push(...halfConfigured(values));
  if (values.OPENAI_API_KEY === '' && values.OPENAI_BASE_URL === '') {
    problems.push(
      'OPENAI_API_KEY is missing: create one at platform.openai.com, or set OPENAI_BASE_URL to your own compatible server.',
    );
  }
  if (values.DATABASE_URL?.endsWith(':memory:')) {
    problems.push(
      'DATABASE_URL keeps nothing across a restart: use a file such as sqlite:///./data/whatsapp_bot.db',
    );
  }
  return problems;
}

function isSafeUrl(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === 'https:' || /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(hostname);
}
