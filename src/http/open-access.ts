import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import cookie from '@fastify/cookie';
import jwt, { type JWT } from '@fastify/jwt';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Clock } from '#src/ports/system.ts';
import type { Access } from './access.ts';
import { HttpError } from './http-error.ts';
import type { PasswordTries } from './plugins/password-tries.ts';

interface AccessDeps {
  /** Signs sessions and API tokens. */
  readonly secretKey: string;
  readonly adminPassword: string | undefined;
  readonly publicUrl: string | undefined;
  readonly clock: Clock;
  readonly passwordTries: PasswordTries;
}

/** The owner's access with what only the server itself needs. */
export interface OwnerAccess extends Access {
  /** Registers cookies and signed tokens on the part of the server that has pages and the API. */
  install(site: FastifyInstance): Promise<void>;
  /** As `passwordMatches`, but counts wrong tries by address. @throws HttpError 429 with Retry-After */
  tryPassword(request: FastifyRequest, given: string): Promise<boolean>;
  issueApiToken(): { token: string; expiresInSeconds: number };
}

const sessionSeconds = 7 * 86_400;
const apiTokenSeconds = 12 * 3_600;
const linkTokenMs = 86_400_000;
type Audience = 'session' | 'api';

/** Who gets in: one owner. Sessions and API tokens survive a restart as long as the secret key does; link tokens do not. */
export function createAccess({
  secretKey,
  adminPassword,
  publicUrl,
  clock,
  passwordTries,
}: AccessDeps): OwnerAccess {
  const secure = publicUrl?.startsWith('https:') ?? false;
  // Browsers take a __Host- cookie only with Secure, Path=/ and no Domain, so nobody else can plant one.
  const cookieName = secure ? '__Host-assistant_session' : 'assistant_session';
  const cookieOptions = { path: '/', httpOnly: true, sameSite: 'strict', secure } as const;
  const linkTokens = new Map<string, number>();
  /** Ids of ended sessions with the time (Unix seconds) they would have expired anyway. */
  const endedSessions = new Map<string, number>();
  let tokens: JWT | undefined;

  const nowSeconds = () => Math.floor(clock.now().getTime() / 1000);

  function sign(audience: Audience, seconds: number): string {
    const iat = nowSeconds();
    return installed(tokens).sign({
      sub: 'owner',
      aud: audience,
      jti: randomBytes(12).toString('base64url'),
      iat,
      exp: iat + seconds,
    });
  }

  function verify(token: string | undefined, audience: Audience): { jti: string; exp: number } | null {
    if (!token) return null;
    try {
      return installed(tokens).verify(token, {
        allowedAud: audience,
        requiredClaims: ['exp', 'jti'],
        clockTimestamp: clock.now().getTime(),
      });
    } catch (error) {
      // Expired, forged or not a token at all: all of them are simply nobody.
      if (error instanceof Error && 'code' in error && /^F(A)?ST_JWT_/.test(String(error.code))) return null;
      throw error;
    }
  }

  function sessionOf(request: FastifyRequest) {
    const session = verify(request.cookies[cookieName], 'session');
    return session && !endedSessions.has(session.jti) ? session : null;
  }

  const access: OwnerAccess = {
    hasPassword: adminPassword !== undefined,

    passwordMatches: (given) => adminPassword !== undefined && sameText(given, adminPassword),

    async tryPassword(request, given) {
      const giveBack = await passwordTries.take(request.ip);
      const matches = access.passwordMatches(given);
      if (matches) await giveBack();
      return matches;
    },

    issueLinkToken() {
      const now = clock.now().getTime();
      for (const [token, expiresAt] of linkTokens) if (expiresAt <= now) linkTokens.delete(token);
      const token = randomBytes(32).toString('base64url');
      linkTokens.set(token, now + linkTokenMs);
      return token;
    },

    redeemLinkToken(token) {
      const expiresAt = linkTokens.get(token);
      linkTokens.delete(token);
      return expiresAt !== undefined && expiresAt > clock.now().getTime();
    },

    startSession(reply) {
      reply.setCookie(cookieName, sign('session', sessionSeconds), {
        ...cookieOptions,
        maxAge: sessionSeconds,
      });
    },

    endSession(reply) {
      const session = sessionOf(reply.request);
      for (const [id, exp] of endedSessions) if (exp <= nowSeconds()) endedSessions.delete(id);
      if (session) endedSessions.set(session.jti, session.exp);
      reply.clearCookie(cookieName, cookieOptions);
    },

    hasSession: (request) => sessionOf(request) !== null,

    async requireSession(request, reply) {
      if (!access.hasSession(request)) {
        if (isRead(request) && request.headers.accept?.includes('text/html'))
          return reply.redirect('/sign-in');
        throw new HttpError(401, 'unauthorized', 'Sign in first: /sign-in');
      }
      // SameSite=Strict already keeps other sites out; this also keeps out a neighbor on another port of the same host.
      if (!isRead(request) && !isOwnOrigin(request, publicUrl)) {
        throw new HttpError(403, 'forbidden', 'This call must come from our own pages.');
      }
      return undefined;
    },

    async requireBearer(request) {
      const token = /^Bearer ([\w.-]+)$/i.exec(request.headers.authorization ?? '')?.[1];
      if (verify(token, 'api')) return;
      throw new HttpError(401, 'unauthorized', 'Needs a valid token: POST /api/v1/auth/token', {
        headers: { 'www-authenticate': token ? 'Bearer error="invalid_token"' : 'Bearer' },
      });
    },

    issueApiToken: () => ({ token: sign('api', apiTokenSeconds), expiresInSeconds: apiTokenSeconds }),

    async install(site) {
      await site.register(cookie);
      await site.register(jwt, {
        // The password is part of the key: changing it ends every session and token.
        secret: createHmac('sha256', secretKey)
          .update(`tokens\0${adminPassword ?? ''}`)
          .digest(),
        sign: { algorithm: 'HS256' },
        verify: { algorithms: ['HS256'], cache: false },
      });
      tokens = site.jwt;
    },
  };
  return access;
}

/** Compares in a time that tells nothing about either text, not even its length. */
export function sameText(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

function installed(tokens: JWT | undefined): JWT {
  if (!tokens) throw new Error('access.install() must run before tokens are signed or verified');
  return tokens;
}

function isRead(request: FastifyRequest): boolean {
  return request.method === 'GET' || request.method === 'HEAD';
}

function isOwnOrigin(request: FastifyRequest, publicUrl: string | undefined): boolean {
  const { origin } = request.headers;
  if (!origin || !URL.canParse(origin)) return false;
  // By host, not scheme: behind a proxy that is not trusted we do not know whether the browser used https.
  return (
    new URL(origin).host === request.host || (publicUrl !== undefined && origin === new URL(publicUrl).origin)
  );
}
