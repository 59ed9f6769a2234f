/** @typedef {Node | string | null | undefined | false} Child */

/**
 * Makes an element. Text always becomes text nodes, so nothing anybody wrote can become markup.
 * @param {string} tag `name.class.class`
 * @param {Record<string, unknown>} [props] properties; names with a dash, `role` and `for` are set as attributes
 * @param {...Child} children
 * @returns {HTMLElement}
 */
export function make(tag, props = {}, ...children) {
  const [name, ...classes] = tag.split('.');
  const element = document.createElement(name);
  if (classes.length > 0) element.className = classes.join(' ');
  for (const [key, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.includes('-') || key === 'role' || key === 'for') element.setAttribute(key, String(value));
    else element[key] = value;
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/**
 * A drawing from the sprite.
 * @param {string} name
 */
export function icon(name) {
  const ns = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(ns, 'svg');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  const use = document.createElementNS(ns, 'use');
  use.setAttribute('href', `/assets/icons.svg#${name}`);
  svg.append(use);
  return svg;
}

/**
 * The element with this id; the page always has it.
 * @param {string} id
 * @returns {any}
 */
export function byId(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`The page has no #${id}`);
  return element;
}
