import formbody from '@fastify/formbody';
import Fastify from 'fastify';

/*
 * The yardstick: Fastify with @fastify/formbody that reads a webhook's form and does nothing with it. No signature, no database,
 * no log; the same answer as the product's. A program, so that it has a process of its own as the product has.
 */
const app = Fastify({ logger: false });
await app.register(formbody);
app.post('/webhook', async (_request, reply) =>
  reply.header('content-type', 'text/xml').send('<?xml version="1.0" encoding="UTF-8"?><Response/>'),
);
const origin = await app.listen({ host: '127.0.0.1', port: 0 });
process.send?.({ origin });
process.once('SIGTERM', () => void app.close().then(() => process.disconnect?.()));
