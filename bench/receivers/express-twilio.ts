import SQLite from 'better-sqlite3';
import express from 'express';
import twilio from 'twilio';

/*
 * What a careful developer writes in an hour: express with the SDK's own middleware, which verifies the signature, and one row a
 * webhook in SQLite, as durable as the product's. Takes the database file, the auth token and the signed address.
 */
const [file = '', authToken = '', url = ''] = process.argv.slice(2);
const database = new SQLite(file);
database.pragma('journal_mode = WAL');
database.pragma('synchronous = FULL');
database.exec(
  'create table messages (id integer primary key, provider_id text unique, sender text, name text, text text, at text)',
);
const insert = database.prepare(
  'insert into messages (provider_id, sender, name, text, at) values (?, ?, ?, ?, ?) on conflict do nothing',
);
const app = express();
app.use(express.urlencoded({ extended: false }));
app.post('/webhook', twilio.webhook({ validate: true, url }, authToken), (request, response) => {
  const { MessageSid, From, ProfileName, Body } = request.body as Record<string, string>;
  insert.run(MessageSid, From, ProfileName, Body, new Date().toISOString());
  response.type('text/xml').send('<?xml version="1.0" encoding="UTF-8"?><Response/>');
});
const server = app.listen(0, '127.0.0.1', () => {
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  process.send?.({ origin: `http://127.0.0.1:${port}` });
});
process.once('SIGTERM', () => {
  server.close(() => process.disconnect?.());
  server.closeAllConnections();
});
