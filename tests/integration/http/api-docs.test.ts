import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findChromium, launchChromium } from '#tests/support/browser.ts';
import { startServer } from './server-under-test.ts';

interface Operation {
  summary?: string;
  description?: string;
  tags?: string[];
  security?: unknown;
  parameters?: { name: string; description?: string }[];
  requestBody?: { content: Record<string, { schema?: unknown; example?: unknown }> };
  responses: Record<
    string,
    { description: string; content?: Record<string, { schema?: { $ref?: string }; example?: unknown }> }
  >;
}

async function readDocument(env = {}) {
  await using server = await startServer({ env });
  const answer = await server.app.inject('/docs/json');
  const document = answer.json();
  const operations = Object.entries(document.paths as Record<string, Record<string, Operation>>).flatMap(
    ([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({
        name: `${method.toUpperCase()} ${path}`,
        operation,
      })),
  );
  return { document, operations, text: answer.body };
}

/** What says how it is doing also says so when it is not well. */
const healthBodies: Record<string, string> = { 'GET /health': 'Health', 'GET /health/ready': 'Ready' };

describe('the OpenAPI document', () => {
  it('is 3.1 and names this installation', async () => {
    const { document } = await readDocument({ APP_NAME: 'Ask Ana', PUBLIC_URL: 'https://bot.example.com' });
    expect(document.openapi).toBe('3.1.0');
    expect(document.info).toMatchObject({ title: 'Ask Ana', version: '0.0.0-test' });
    expect(document.servers).toMatchObject([{ url: 'https://bot.example.com' }]);
    expect(document.components.securitySchemes.bearer).toMatchObject({ type: 'http', scheme: 'bearer' });
  });

  it('has every route', async () => {
    const { operations } = await readDocument();
    expect(operations.map(({ name }) => name).sort()).toEqual([
      'DELETE /api/v1/users/{id}',
      'DELETE /api/v1/workers/failures/{id}',
      'GET /',
      'GET /api/v1/broadcasts',
      'GET /api/v1/broadcasts/{id}',
      'GET /api/v1/broadcasts/{id}/recipients',
      'GET /api/v1/conversations',
      'GET /api/v1/conversations/{id}',
      'GET /api/v1/messages',
      'GET /api/v1/messages/{id}',
      'GET /api/v1/templates',
      'GET /api/v1/usage',
      'GET /api/v1/users',
      'GET /api/v1/users/{id}',
      'GET /api/v1/users/{id}/consents',
      'GET /api/v1/workers',
      'GET /health',
      'GET /health/live',
      'GET /health/ready',
      'GET /metrics',
      'GET /webhook',
      'GET /webhook/meta',
      'PATCH /api/v1/users/{id}',
      'POST /api/v1/auth/token',
      'POST /api/v1/broadcasts/{id}/cancel',
      'POST /api/v1/broadcasts/{id}/pause',
      'POST /api/v1/broadcasts/{id}/resume',
      'POST /api/v1/broadcasts/{id}/retry-failed',
      'POST /api/v1/messages',
      'POST /api/v1/messages/bulk',
      'POST /api/v1/messages/bulk/preflight',
      'POST /api/v1/templates/sync',
      'POST /api/v1/users',
      'POST /api/v1/users/{id}/consents',
      'POST /api/v1/users/{id}/link-code',
      'POST /api/v1/workers/failures/{id}/retry',
      'POST /webhook',
      'POST /webhook/meta',
      'POST /webhook/status',
    ]);
  });

  it('tells of each what it is for, what goes in and out, how it fails, with examples', async () => {
    const { operations, document } = await readDocument();
    const tags = document.tags.map(({ name }: { name: string }) => name);
    for (const { name, operation } of operations) {
      expect(operation.summary, name).toBeTruthy();
      expect(operation.description?.length, name).toBeGreaterThan(15);
      expect(tags, name).toContain(operation.tags?.[0]);
      for (const parameter of operation.parameters ?? [])
        expect(Object.keys(parameter), `${name} ${parameter.name}`).toContain('schema');
      const bodies = [
        ...Object.values(operation.requestBody?.content ?? {}),
        ...Object.values(operation.responses).flatMap(({ content }) => Object.values(content ?? {})),
      ];
      for (const body of bodies) {
        expect(body.schema, name).toBeDefined();
        expect(body.example, name).toBeDefined();
      }
      for (const { description } of Object.values(operation.responses))
        expect(description, name).not.toBe('Default Response');
      expect(Object.keys(operation.responses), name).toContain('500');
      const failures = Object.entries(operation.responses).filter(([status]) => Number(status) >= 400);
      for (const [status, { content }] of failures) {
        const ref = content?.['application/json']?.schema?.$ref;
        expect(ref, `${name} ${status}`).toBe(
          `#/components/schemas/${(status === '503' && healthBodies[name]) || 'Error'}`,
        );
      }
      if (name.includes('/api/v1/') && !name.includes('/auth/')) {
        expect(operation.security, name).toEqual([{ bearer: [] }]);
        expect(operation.responses['401'], name).toBeDefined();
      }
    }
  });

  it('refers to nothing that is not there and carries nothing that is not used', async () => {
    const { document, text } = await readDocument();
    const referred = new Set(
      [...text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map(([, name]) => name),
    );
    expect([...referred].sort()).toEqual(Object.keys(document.components.schemas).sort());
    expect(text).not.toContain('Input"');
  });

  it('gives an example that its own route takes', async () => {
    const { operations } = await readDocument();
    const bodyOf = (name: string) =>
      operations.find((operation) => operation.name === name)?.operation.requestBody?.content[
        'application/json'
      ]?.example;
    await using server = await startServer();
    const added = await server.app.inject({
      method: 'POST',
      url: '/api/v1/users',
      headers: server.bearer(),
      payload: bodyOf('POST /api/v1/users') as object,
    });
    expect(added.statusCode).toBe(201);
    const patched = await server.app.inject({
      method: 'PATCH',
      url: added.headers.location as string,
      headers: server.bearer(),
      payload: bodyOf('PATCH /api/v1/users/{id}') as object,
    });
    expect(patched.statusCode).toBe(200);
  });

  it('holds no secret', async () => {
    const { text } = await readDocument({
      WHATSAPP_VERIFY_TOKEN: 'SECRET-1',
      SECRET_KEY: 'SECRET-2'.repeat(5),
    });
    expect(text).not.toMatch(/SECRET-|correct horse battery/);
  });
});

const chromiumPath = findChromium() ?? '';

describe.skipIf(!chromiumPath)('in a browser, under the strict policy', () => {
  it.each([
    ['/docs', '.opblock-summary-path', '/webhook'],
    ['/redoc', 'h1', 'WhatsApp AI Bot'],
  ])('%s shows the API and asks nobody else', async (path, selector, text) => {
    await using server = await startServer();
    const address = await server.app.listen({ port: 0, host: '127.0.0.1' });
    const browser = await launchChromium(chromiumPath);
    try {
      const page = await browser.newPage();
      const complaints: string[] = [];
      const elsewhere: string[] = [];
      page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
      page.on('pageerror', (error) => complaints.push(error.message));
      page.on('response', (response) => {
        if (/^https?:/.test(response.url()) && !response.url().startsWith(address))
          elsewhere.push(response.url());
      });
      await page.goto(address + path, { waitUntil: 'networkidle' });
      await page.locator(selector, { hasText: text }).first().waitFor();
      if (process.env.KEEP_SCREENSHOTS)
        await page.screenshot({ path: join(process.env.KEEP_SCREENSHOTS, `${path.slice(1)}.png`) });
      // Redoc's own logo lies on a foreign host: the policy stops it before it is asked for.
      expect(complaints.filter((text) => !text.includes('cdn.redoc.ly/redoc/logo-mini.svg'))).toEqual([]);
      expect(elsewhere).toEqual([]);
    } finally {
      await browser.close();
    }
  });
});
