import cors from '@fastify/cors';
import helmet from '@fastify/helmet';
import type { FastifyInstance } from 'fastify';

interface SecurityHeadersOptions {
  readonly allowedOrigins: readonly string[];
  /** The world reaches us over https. */
  readonly isHttps: boolean;
}

/** Strict headers for everything a browser may open, and CORS for the origins the owner named, if any. */
export async function addSecurityHeaders(
  site: FastifyInstance,
  { allowedOrigins, isHttps }: SecurityHeadersOptions,
): Promise<void> {
  await site.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        // Previews of chosen and recorded files are blob: addresses made by our own scripts.
        imgSrc: ["'self'", 'data:', 'blob:'],
        mediaSrc: ["'self'", 'blob:'],
        objectSrc: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
        // Over plain http (a LAN address, a first evening) it would make browsers ask for our styles where nothing answers.
        ...(isHttps ? { upgradeInsecureRequests: [] } : {}),
      },
    },
    strictTransportSecurity: isHttps,
    // `no-referrer` would turn the Origin of our own form posts into `null`.
    referrerPolicy: { policy: 'same-origin' },
  });
  if (allowedOrigins.length > 0) {
    // Bearer tokens, no cookies: credentials stay off.
    await site.register(cors, {
      origin: [...allowedOrigins],
      methods: ['GET', 'POST', 'PATCH'],
      maxAge: 600,
    });
  }
}
