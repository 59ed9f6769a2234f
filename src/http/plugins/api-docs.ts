import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import fastifyStatic from '@fastify/static';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';

const bundle = createRequire(import.meta.url).resolve('redoc/bundles/redoc.standalone.js');

// Both viewers style their elements from scripts, so styles may be inline on these pages; scripts never.
const policy = (extra: string) =>
  `default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'${extra}`;

/** `/docs` (Swagger UI), `/docs/json` (OpenAPI 3.1) and `/redoc`, all served from here: no address but our own is asked. */
export async function addApiDocs(site: FastifyInstance, { name }: { name: string }): Promise<void> {
  await site.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: policy(''),
    theme: { title: `${name}: API` },
    uiConfig: { docExpansion: 'list', displayRequestDuration: true, tryItOutEnabled: true },
  });

  await site.register(async (redoc) => {
    await redoc.register(fastifyStatic, { root: dirname(bundle), serve: false });
    redoc.get('/redoc', { schema: { hide: true } }, (_request, reply) =>
      reply
        .type('text/html; charset=utf-8')
        // The search index is built in a worker that the bundle carries as text.
        .header('content-security-policy', policy('; worker-src blob:'))
        .send(redocPage(name)),
    );
    redoc.get('/redoc/redoc.standalone.js', { schema: { hide: true } }, (_request, reply) =>
      reply.sendFile('redoc.standalone.js', { maxAge: '1d' }),
    );
  });
}

function redocPage(name: string): string {
  const title = name.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
  // Its one request elsewhere, the maker's logo, is stopped by the policy. The bundle looks for a `redoc` element and starts by itself, so the page needs no script of its own.
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}: API reference</title>
<link rel="icon" href="/docs/static/favicon-32x32.png">
<style>body { margin: 0 }</style>
</head>
<body>
<redoc spec-url="/docs/json" hide-download-button="false"></redoc>
<script src="/redoc/redoc.standalone.js"></script>
</body>
</html>
`;
}
