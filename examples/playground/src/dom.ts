/** Making elements. Text is always text: nothing that the memory holds becomes markup. */

/** Attributes, or listeners by the name of their event. */
type Properties = Record<string, string | number | boolean | undefined | ((event: Event) => unknown)>;
type Child = Node | string | number | undefined | false;

/** An element. An attribute that is `true` is there, one that is `false` or `undefined` is not. */
export function h<K extends keyof HTMLElementTagNameMap>(tag: K, properties: Properties = {}, ...children: Child[]): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === 'function') element.addEventListener(name, value);
    else if (value !== undefined && value !== false) element.setAttribute(name, value === true ? '' : String(value));
  }
  element.append(...present(children));
  return element;
}

/** Puts these in the place of what an element holds. */
export function fill(element: Element, ...children: Child[]): void {
  element.replaceChildren(...present(children));
}

/** The element with an id. */
export function byId(id: string): HTMLElement {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`the page has no #${id}`);
  return element;
}

/** Shows a class for a moment, from the start if it is already shown. */
export function flash(element: HTMLElement, name = 'fresh'): void {
  element.classList.remove(name);
  void element.offsetWidth;
  element.classList.add(name);
}

/** Text that is read, and not seen. */
export const hidden = (text: string): HTMLElement => h('span', { class: 'unseen' }, text);

const present = (children: readonly Child[]): (Node | string)[] =>
  children.flatMap((child) => (child === undefined || child === false ? [] : [typeof child === 'number' ? String(child) : child]));
