/** Small marks: who wrote, where, and what happened. */

import type { Scope } from 'memfabric';
import { h } from './dom.ts';
import { hueOf } from './names.ts';

/** The name of an agent, in a colour of its own. */
export function badge(agent: string): HTMLElement {
  const element = h('span', { class: 'agent' }, agent);
  element.style.setProperty('--hue', String(hueOf(agent)));
  return element;
}

/** A scope, and its instance. */
export const place = (scope: Scope, id?: string): HTMLElement =>
  h('span', { class: `place ${scope}` }, scope, id !== undefined && id !== scope && h('small', {}, ` ${id}`));

/** What happened. */
export const action = (name: string): HTMLElement => h('span', { class: `action ${name}` }, name.replace('_', ' '));
