/** Light, dark, or as the system has it. All documents of the page follow. */

import { fill, h } from './dom.ts';

const THEMES = ['system', 'light', 'dark'] as const;
type Theme = (typeof THEMES)[number];

const KEY = 'memfabric-playground-theme';

/** Follows what was chosen, here or in another document. */
export function followTheme(): void {
  apply(chosen());
  addEventListener('storage', ({ key }) => key === KEY && apply(chosen()));
}

/** A button that goes from one to the next. */
export function themeButton(): HTMLElement {
  const button = h('button', { type: 'button', class: 'plain' });
  const show = (theme: Theme): void => {
    fill(button, `Theme: ${theme}`);
    apply(theme);
  };
  show(chosen());
  button.addEventListener('click', () => {
    const next = THEMES[(THEMES.indexOf(chosen()) + 1) % THEMES.length] ?? 'system';
    try {
      localStorage.setItem(KEY, next);
    } catch {
      // A browser that keeps nothing: it holds until the page is loaded again.
    }
    show(next);
  });
  addEventListener('storage', ({ key }) => key === KEY && show(chosen()));
  return button;
}

function chosen(): Theme {
  try {
    const kept = localStorage.getItem(KEY);
    return THEMES.find((theme) => theme === kept) ?? 'system';
  } catch {
    return 'system';
  }
}

function apply(theme: Theme): void {
  document.documentElement.dataset['theme'] = theme;
}
