import { parseArgs } from 'node:util';
import { loadPrompts } from '#config/prompts.ts';
import { choosePassages } from '#src/bot/passages/choose-passages.ts';
import { estimateTokens } from '#src/bot/passages/estimate-tokens.ts';
import { openOpenAiStandIn } from '#tests/support/openai-stand-in.ts';
import { textPdf } from '#tests/support/pdf-fixtures.ts';
import { createPerson } from '#tests/support/person.ts';
import { startProduct } from '#tests/support/product.ts';
import { openTwilioStandIn } from '#tests/support/twilio-stand-in.ts';
import { testAccount, vendorSettings } from '#tests/support/vendor-settings.ts';
import { median, print, printGoal, printMachine, printTable } from './report.ts';
import { answerTo, type Exchange, pagesOfReport, script } from './report-conversation.ts';

/*
 * What a conversation of 60 turns about a 50-page PDF costs in prompt tokens, as the product really sends them, beside the obvious
 * way: the last messages and the whole document each time. Questions about certain pages check that the fact is in the prompt.
 * Tokens are counted by the product's own estimate on both sides. Cost-weighted tokens count what a provider's cache serves at a
 * tenth: beginnings that the prompt before had too, from 1,024 tokens in steps of 128. Between the two stands the product as it
 * would be if its history began later with every turn.
 *
 *   npm run bench:tokens -- [--turns 60] [--history 10]
 */
const { values } = parseArgs({
  options: { turns: { type: 'string', default: '60' }, history: { type: 'string', default: '10' } },
});
const history = Number(values.history);
const turns = script.slice(0, Number(values.turns));
const instructions = loadPrompts().assistant;
const pages = pagesOfReport();
const document = {
  name: 'the PDF',
  pageCount: pages.length,
  pages: pages.map((text, at) => ({ page: at + 1, text })),
};
const wholeDocument = choosePassages([document], '', Number.POSITIVE_INFINITY);

await using twilio = await openTwilioStandIn(testAccount);
await using openai = await openOpenAiStandIn();
let asked: Exchange | undefined;
openai.answers(() => (asked ? answerTo(asked) : 'Understood.'));
await using product = await startProduct({
  env: {
    ...vendorSettings({ twilio, openai }),
    WHITELISTED_USERS: '*',
    RATE_LIMIT_MESSAGES: '100000',
    REPLY_DELAY_MS: '0',
    MAX_CONVERSATION_HISTORY: String(history),
    LOG_LEVEL: 'warn',
  },
});
const ana = createPerson({ phone: '+15550001111', twilio, productUrl: () => product.url });

/** What the product asks, in the words of the Responses API. */
interface Asked {
  readonly instructions: string;
  readonly input: readonly { readonly role: string; readonly content: string | readonly Block[] }[];
}

interface Block {
  readonly text: string;
  readonly prompt_cache_breakpoint?: object;
}

interface Prompt {
  readonly text: string;
  readonly hasFact: boolean | undefined;
}
const ours: Prompt[] = [];
const sliding: Prompt[] = [];
/** The beginnings of each of our prompts that are marked for the cache, shortest first. */
const marked: string[][] = [];
const naive: Prompt[] = [];
const said: string[] = [];
for (const [index, exchange] of turns.entries()) {
  asked = exchange;
  if (index === 0) {
    await ana.sends({ bytes: await textPdf(pages), type: 'application/pdf' }, exchange.question);
  } else await ana.says(exchange.question);
  await ana.hears(60_000);
  const { instructions: first, input } = (openai.calls.at(-1)?.body ?? { input: [] }) as unknown as Asked;
  ours.push(toPrompt(inOrder(first, input), exchange));
  marked.push(markedBeginnings(first, input));
  sliding.push(toPrompt(inOrder(first, input.slice(-history - 1)), exchange));
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
    'from the cache',
    'cost-weighted',
    'facts present',
  ],
  [
    row(`last ${history} messages and the whole document`, naive),
    row(`the product, always the last ${history} messages`, sliding),
    row('the product', ours),
  ],
);
const share = total(ours) / total(naive);
printGoal('tokens', share.toFixed(2), 'at most 0.5', share <= 0.5);
const { read, written } = atBreakpoints();
const weighted = Math.round(total(ours) - 0.9 * read + 0.25 * written).toLocaleString('en-US');
print(`cached at breakpoints: ${read} tokens read, ${written} written, cost-weighted ${weighted}`);
const missing = turns.filter((_, index) => ours[index]?.hasFact === false);
printGoal('facts missing', String(missing.length), '0', missing.length === 0);
for (const { question } of missing) print(`  not in the prompt: what answers "${question}"`);
for (const problem of [...twilio.problems, ...openai.problems]) print(`a stand-in refused: ${problem}`);

/** Everything the model reads, in the order it reads it. */
function inOrder(first: string, input: Asked['input']): string {
  const texts = input.map(({ role, content }) => `${role}: ${blocksOf(content).map(({ text }) => text)}`);
  return [first, ...texts].join('\n');
}

function blocksOf(content: string | readonly Block[]): readonly Block[] {
  return typeof content === 'string' ? [{ text: content }] : content;
}

function markedBeginnings(first: string, input: Asked['input']): string[] {
  const ends = input.flatMap(({ content }, at) =>
    blocksOf(content).some((block) => block.prompt_cache_breakpoint) ? [at + 1] : [],
  );
  return ends.map((end) => inOrder(first, input.slice(0, end)));
}

/** Our prompts where only marked beginnings are cached: reading is a tenth of the price, putting there 1.25 times the price. */
function atBreakpoints(): { read: number; written: number } {
  const known = new Set<string>();
  let [read, written] = [0, 0];
  for (const beginnings of marked) {
    const long = beginnings.filter((text) => estimateTokens(text) >= 1_024);
    const found = estimateTokens(long.findLast((text) => known.has(text)) ?? '');
    read += found;
    written += Math.max(found, estimateTokens(long.at(-1) ?? '')) - found;
    for (const text of long) known.add(text);
  }
  return { read, written };
}

function toPrompt(text: string, { fact }: Exchange): Prompt {
  // Line breaks are where the page had room.
  return { text, hasFact: fact === undefined ? undefined : text.replace(/\s+/g, ' ').includes(fact) };
}

function row(name: string, prompts: readonly Prompt[]): string[] {
  const tokens = prompts.map(({ text }) => estimateTokens(text));
  const facts = prompts.filter(({ hasFact }) => hasFact !== undefined);
  const repeated = prompts.map(({ text }, at) =>
    estimateTokens(commonPrefix(text, prompts[at - 1]?.text ?? '')),
  );
  const stable = sum(repeated);
  const cached = sum(repeated.map((count) => (count < 1_024 ? 0 : count - (count % 128))));
  return [
    name,
    total(prompts).toLocaleString('en-US'),
    median(tokens).toLocaleString('en-US'),
    `${((stable / total(prompts)) * 100).toFixed(0)} %`,
    `${((cached / total(prompts)) * 100).toFixed(0)} %`,
    Math.round(total(prompts) - cached * 0.9).toLocaleString('en-US'),
    `${facts.filter(({ hasFact }) => hasFact).length} of ${facts.length}`,
  ];
}

function total(prompts: readonly Prompt[]): number {
  return sum(prompts.map(({ text }) => estimateTokens(text)));
}

function sum(counts: readonly number[]): number {
  return counts.reduce((one, other) => one + other, 0);
}

function commonPrefix(one: string, other: string): string {
  let at = 0;
  while (at < one.length && one[at] === other[at]) at += 1;
  return one.slice(0, at);
}
