import type { FastifyInstance, FastifyReply } from 'fastify';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { z } from 'zod';
import { HttpError } from '#src/http/http-error.ts';
import { openingPage, type SignInNotice, signInPage } from '#src/http/pages/sign-in.ts';
import type { PagesDeps } from './simulator.ts';

type SignInDeps = Pick<PagesDeps, 'appName' | 'isProduction' | 'access' | 'printSignInLink'>;

const linkQuery = z.object({ token: z.string().min(1).max(500) });
const passwordForm = z.object({ password: z.string().min(1).max(500) });

/**
 * Sign-in for the owner: `GET /simulator?token=…` (one-time link), `GET/POST /sign-in` (password), `POST /sign-in/link` (prints a new
 * link in the terminal, outside production), `POST /sign-out`.
 */
export function registerSignIn(app: FastifyInstance, deps: SignInDeps): void {
  const printedLinks = new RateLimiterMemory({ points: 3, duration: 60 });
  const canPrintLink = !deps.isProduction && deps.printSignInLink !== undefined;

  const sendPage = async (reply: FastifyReply, status: number, page: Promise<string>) =>
    reply
      .code(status)
      .header('content-type', 'text/html; charset=utf-8')
      .header('cache-control', 'no-store')
      .send(await page);
  const show = (reply: FastifyReply, status: number, notice?: SignInNotice) =>
    sendPage(
      reply,
      status,
      signInPage({ appName: deps.appName, hasPassword: deps.access.hasPassword, canPrintLink, notice }),
    );

  // Before the page's own guard: the link is what gives the session.
  app.addHook('onRequest', async (request, reply) => {
    if (request.method !== 'GET' || request.routeOptions.url !== '/simulator') return;
    const query = linkQuery.safeParse(request.query);
    if (!query.success) return;
    if (deps.access.redeemLinkToken(query.data.token)) deps.access.startSession(reply);
    // A used link in a browser that is signed in already (back button, bookmark) is no reason to complain.
    else if (!deps.access.hasSession(request)) return show(reply, 401, 'link_used');
    // The address bar must not keep the token. Coming from another site (a terminal in a browser, webmail), a redirect would still
    // count as that site's request and leave out the strict session cookie; a page that moves on by itself is ours.
    if (request.headers['sec-fetch-site'] === 'cross-site') {
      return sendPage(reply, 200, openingPage(deps.appName));
    }
    return reply.header('cache-control', 'no-store').redirect('/simulator', 303);
  });

  app.get('/sign-in', async (request, reply) =>
    deps.access.hasSession(request) ? reply.redirect('/simulator', 303) : show(reply, 200),
  );

  app.post('/sign-in', async (request, reply) => {
    const form = passwordForm.safeParse(request.body);
    try {
      if (!form.success || !(await deps.access.tryPassword(request, form.data.password))) {
        return show(reply, 401, 'wrong_password');
      }
    } catch (error) {
      if (!(error instanceof HttpError) || error.statusCode !== 429) throw error;
      return show(reply.headers(error.headers), 429, 'too_many_tries');
    }
    deps.access.startSession(reply);
    return reply.redirect('/simulator', 303);
  });

  app.post('/sign-in/link', async (_request, reply) => {
    if (!canPrintLink) return show(reply, 404);
    const waitMs = await take(printedLinks, 'everybody');
    if (waitMs > 0) return show(reply.header('retry-after', Math.ceil(waitMs / 1000)), 429, 'too_many_links');
    deps.printSignInLink?.();
    return show(reply, 200, 'link_printed');
  });

  app.post('/sign-out', { onRequest: deps.access.requireSession }, async (_request, reply) => {
    deps.access.endSession(reply);
    return reply.redirect('/sign-in', 303);
  });
}

/** Takes one point; how long to wait in milliseconds when there is none, else 0. */
async function take(limiter: RateLimiterMemory, key: string): Promise<number> {
  try {
    await limiter.consume(key);
    return 0;
  } catch (refused) {
    if (refused instanceof RateLimiterRes) return Math.max(1, refused.msBeforeNext);
    throw refused;
  }
}
