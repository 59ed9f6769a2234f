import { getPeople } from './api.js';
import { byId } from './dom.js';
import { plainText } from './whatsapp-text.js';
import { clockTime, dayName, kindName } from './wording.js';

/**
 * The chooser of who is writing, with everybody's last message.
 * @param {{ onChoose: (phone: string) => void }} deps
 */
export function createPeople(deps) {
  const links = [...byId('people').querySelectorAll('.person')];
  const current = () => links.find((link) => link.hasAttribute('aria-current')) ?? links[0];
  /** When the newest message each person's chat was seen with arrived. */
  const seen = new Map();

  /** @param {any} link @param {import('../../ports/chat-view.ts').ChatPerson} person */
  const show = (link, person) => {
    const last = person.lastMessage;
    const isOpen = link === current();
    if (isOpen || !seen.has(person.phone)) seen.set(person.phone, last?.at ?? '');
    link.classList.toggle(
      'has-news',
      !isOpen && last?.side === 'assistant' && last.at > seen.get(person.phone),
    );
    if (!last) return;
    const words = last.text === '' ? kindName(last.type) : plainText(last.text).replaceAll(/\s+/g, ' ');
    link.querySelector('.person-last').textContent = last.side === 'person' ? `You: ${words}` : words;
    const day = dayName(last.at);
    link.querySelector('.person-time').textContent = day === 'Today' ? clockTime(last.at) : day;
  };

  const refresh = async () => {
    const people = await getPeople().catch(() => []);
    for (const person of people) {
      const link = links.find((candidate) => candidate.dataset.phone === person.phone);
      if (link) show(link, person);
    }
  };

  for (const link of links) {
    link.addEventListener('click', (event) => {
      // A click with a modifier opens a second window, as with any link.
      if (event.metaKey || event.ctrlKey || event.shiftKey) return;
      event.preventDefault();
      current().removeAttribute('aria-current');
      link.setAttribute('aria-current', 'true');
      link.classList.remove('has-news');
      deps.onChoose(link.dataset.phone);
      void refresh();
    });
  }
  return {
    refresh,
    phone: () => current().dataset.phone,
    name: () => current().dataset.name,
    /** What is special about this person, for the empty chat. */
    isStranger: () => current().querySelector('.person-last').dataset.hint === 'Not on the whitelist',
  };
}
