/** One question and what must be in the prompt for an honest answer; undefined for small talk. */
export interface Exchange {
  readonly question: string;
  /** The sentence that answers it, as it stands in the report. */
  readonly fact: string | undefined;
}

const pageCount = 50;
const sites = ['Aldermoor', 'Brackwater', 'Copperdale', 'Dunfield', 'Eastholm', 'Farrowgate', 'Glenwick'];
const goods = ['pumps', 'valves', 'gaskets', 'bearings', 'filters', 'couplings', 'hoses', 'gauges'];
const suppliers = ['Nordvik Ltd', 'Hallström AB', 'Perrin & Fils', 'Okada Seiki', 'Vela Supply', 'Brandt KG'];
const pick = (list: readonly string[], at: number) => list[at % list.length] ?? '';

/** The sentence only page `page` (1 for the first) has. */
function factOf(page: number): string {
  return `At ${pick(sites, page)} the stock of ${pick(goods, page * 3)} stood at ${1_000 + page * 37} pieces, code QX-${400 + page}.`;
}

/** The text of a quarterly report of 50 pages, some 1,600 characters each, with one fact a page that stands nowhere else. */
export function pagesOfReport(): string[] {
  return Array.from({ length: pageCount }, (_, at) => {
    const page = at + 1;
    const lines = [`Quarterly stock report, section ${page}: ${pick(sites, page)}`];
    for (let line = 0; line < 18; line += 1) {
      if (line === 7) lines.push(factOf(page));
      const [good, supplier] = [pick(goods, page + line), pick(suppliers, page * 5 + line)];
      lines.push(
        `In week ${1 + ((page + line) % 13)} ${supplier} delivered ${good} against order ${page * 100 + line}, checked by team ${line % 5}.`,
      );
    }
    return lines.join('\n');
  });
}

const smallTalk = [
  'Thanks, that helps a lot!',
  'Can you put that into one sentence for my boss?',
  'Please translate your last answer into Spanish.',
  'And how would I say that more politely?',
];

/** Sixty turns as people write them: a summary first, then facts by page, by code and by place, with small talk between. */
export const script: readonly Exchange[] = Array.from({ length: 60 }, (_, turn) => {
  if (turn === 0) return { question: 'What is this report about?', fact: factOf(1) };
  const page = 1 + ((turn * 17) % pageCount);
  const question = [
    `What does page ${page} say about the stock?`,
    `How many pieces does code QX-${400 + page} have?`,
    smallTalk[Math.floor(turn / 4) % smallTalk.length] ?? '',
    `And how many ${pick(goods, page * 3)} do we still have in ${pick(sites, page)}? A colleague doubts the number.`,
  ][turn % 4];
  return { question: question ?? '', fact: turn % 4 === 2 ? undefined : factOf(page) };
});

/** What the model says in this conversation: about as long as real answers are. */
export function answerTo({ fact }: Exchange): string {
  return fact
    ? `According to the report: ${fact} The delivery weeks and the order numbers are listed on the same page. Shall I compare it with another site, or list the deliveries of the same supplier?`
    : 'Of course. The stock is complete and nothing is missing; the numbers come from the quarterly report you sent, and I can add the page if that helps you.';
}
