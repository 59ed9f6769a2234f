import { parseArgs } from 'node:util';
import { loadPrompts } from '#config/prompts.ts';
import { choosePassages } from '#src/bot/passages/choose-passages.ts';
import { estimateTokens } from '#src/bot/passages/estimate-tokens.ts';
import { openOpenAiStandIn } from '#tests/support/openai-stand-in.ts';
import { textPdf } from '#tests/support/pdf-fixtures.ts';
import { createPerson } from '#tests/support/person.ts';
import { startProduct } from '#tests/support/product.ts';
import { openTwilioStandIn } from '#tests/support/twilio-stand-in.ts';
import { median, print, printGoal, printMachine, printTable } from './report.ts';
import { answerTo, type Exchange, pagesOfReport, script } from './report-conversation.ts';

/*
 * What a conversation of 60 turns about a 50-page PDF costs in prompt tokens, as the product really sends them, beside the obvious
 * way: the last messages and the whole document each time. Questions about certain pages check that the fact is in the prompt.
 * Tokens are counted by the product's own estimate on both sides.
 *
 *   npm run bench:tokens -- [--turns 60] [--history 10]
 */
const { values } = parseArgs({
  options: { turns: { type: 'string', default: '60' }, history: { type: 'string', default: '10' } },
});
const history = Number(values.history);
const turns = script.slice(0, Number(values.turns));
const account = { accountSid: `AC${'1'.repeat(32)}`, authToken: 'the-auth-token-of-the-benchmark' };
const instructions = loadPrompts().assistant;
const pages = pagesOfReport();
const document = {
  name: 'the PDF',
  pageCount: pages.length,
  pages: pages.map((text, at) => ({ page: at + 1, text })),
};
const wholeDocument = choosePassages([document], '', Number.POSITIVE_INFINITY);

await using twilio = await openTwilioStandIn(account);
await using openai = await openOpenAiStandIn();
let asked: Exchange | undefined;
openai.answers(() => (asked ? answerTo(asked) : 'Understood.'));
await using product = await startProduct({
  env: {
    TWILIO_ACCOUNT_SID: account.accountSid,
    TWILIO_AUTH_TOKEN: account.authToken,
    TWILIO_WHATSAPP_NUMBER: '+14155238886',
    TWILIO_BASE_URL: twilio.url,
    MEDIA_EXTRA_ORIGINS: twilio.cdnUrl,
    OPENAI_API_KEY: 'sk-bench',
    OPENAI_BASE_URL: openai.url,
    OPENAI_API: 'responses',
    WHITELISTED_USERS: '*',
    RATE_LIMIT_MESSAGES: '100000',
    REPLY_DELAY_MS: '0',
    MAX_CONVERSATION_HISTORY: String(history),
    LOG_LEVEL: 'warn',
  },
});
const ana = createPerson({ phone: '+15550001111', twilio, productUrl: () => product.url });

interface Prompt {
  readonly text: string;
  readonly hasFact: boolean | undefined;
}
const ours: Prompt[] = [];
const naive: Prompt[] = [];
const said: string[] = [];
for (const [index, exchange] of turns.entries()) {
  asked = exchange;
  if (index === 0) {
    await ana.sends({ bytes: await textPdf(pages), type: 'application/pdf' }, exchange.question);
  } else await ana.says(exchange.question);
  await ana.hears(60_000);
  ours.push(toPrompt(promptOf(openai.calls.at(-1)?.body ?? {}), exchange));
  const recent = said.slice(-history).map((text, at) => `${at % 2 === 0 ? 'user' : 'assistant'}: ${text}`);
  naive.push(
    toPrompt([instructions, wholeDocument, ...recent, `user: ${exchange.question}`].join('\n'), exchange),
  );
  said.push(exchange.question, answerTo(exchange));
}
await product.stop('SIGKILL');

printMachine();
printTable(
  [
    `${turns.length} turns, a PDF of ${pages.length} pages (${estimateTokens(wholeDocument)} tokens)`,
    'prompt tokens',
    'median a turn',
    'same beginning as before',
    'facts present',
  ],
  [row(`last ${history} messages and the whole document`, naive), row('the product', ours)],
);
const share = total(ours) / total(naive);
printGoal('tokens', share.toFixed(2), 'at most 0.5', share <= 0.5);
const missing = turns.filter((_, index) => ours[index]?.hasFact === false);
printGoal('facts missing', String(missing.length), '0', missing.length === 0);
for (const { question } of missing) print(`  not in the prompt: what answers "${question}"`);
for (const problem of [...twilio.problems, ...openai.problems]) print(`a stand-in refused: ${problem}`);

/** Everything the model reads, in the order it reads it. */
function promptOf(body: Readonly<Record<string, unknown>>): string {
  const input = body.input as { role: string; content: string }[];
  return [body.instructions, ...input.map(({ role, content }) => `${role}: ${content}`)].join('\n');
}

function toPrompt(text: string, { fact }: Exchange): Prompt {
  // Line breaks are where the page had room.
  return { text, hasFact: fact === undefined ? undefined : text.replace(/\s+/g, ' ').includes(fact) };
}

function row(name: string, prompts: readonly Prompt[]): string[] {
  const tokens = prompts.map(({ text }) => estimateTokens(text));
  const facts = prompts.filter(({ hasFact }) => hasFact !== undefined);
  const stable = prompts.reduce(
    (sum, { text }, at) => sum + estimateTokens(commonPrefix(text, prompts[at - 1]?.text ?? '')),
    0,
  );
  return [
    name,
    total(prompts).toLocaleString('en-US'),
    median(tokens).toLocaleString('en-US'),
    `${((stable / total(prompts)) * 100).toFixed(0)} %`,
    `${facts.filter(({ hasFact }) => hasFact).length} of ${facts.length}`,
  ];
}

function total(prompts: readonly Prompt[]): number {
  return prompts.reduce((sum, { text }) => sum + estimateTokens(text), 0);
}

function commonPrefix(one: string, other: string): string {
  let at = 0;
  while (at < one.length && one[at] === other[at]) at += 1;
  return one.slice(0, at);
}
