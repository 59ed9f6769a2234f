/** The building blocks of the inspector. */
import { make } from './dom.js';

/** @param {string} name @param {...(Node | null | false)} children */
export function section(name, ...children) {
  return make('section.section', {}, make('h3', {}, name), ...children);
}

/** @param {string} name @param {string} value @param {string} [kind] */
export function figure(name, value, kind = '') {
  return make(
    `div.figure${kind ? `.${kind}` : ''}`,
    {},
    make('dt', {}, name),
    make('dd', { title: value }, value),
  );
}

/** @param {[string, string | null | undefined, string?][]} facts those without a value are left out */
export function factList(facts) {
  const known = facts.filter(([, value]) => value !== null && value !== undefined && value !== '');
  return make(
    'dl.facts',
    {},
    ...known.flatMap(([name, value, kind]) => [
      make('dt', {}, name),
      make(kind ? `dd.${kind}` : 'dd', {}, String(value)),
    ]),
  );
}

/** @param {string} name @param {string} text */
export function excerpt(name, text) {
  const words = text.trim() === '' ? 'Nothing was found.' : text;
  return make('div', {}, make('pre.excerpt', { tabIndex: 0, 'aria-label': name, dir: 'auto' }, words));
}
