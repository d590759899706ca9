/** How a passage that was found is shown. */

import type { Hit } from 'memfabric';
import { h, hidden } from './dom.ts';
import { titleOf } from './filters.ts';
import type { About } from './library.ts';

/** One line of the answer. */
export function hitItem({ key, score, metadata }: Hit<About>, onLike: () => void): HTMLElement {
  const { text, source, book } = metadata ?? { text: key, source: '', book: '' };
  const bar = h('span', { class: 'bar', 'aria-hidden': 'true' });
  bar.style.setProperty('--score', String(Math.max(0, score)));
  return h(
    'li',
    { class: 'hit' },
    h('div', { class: 'score' }, hidden('score '), h('span', {}, score.toFixed(3)), bar),
    h(
      'div',
      { class: 'found' },
      h('p', { class: 'passage' }, text),
      h(
        'p',
        { class: 'source' },
        h('span', { class: 'book' }, titleOf(book)),
        h('a', { href: `https://doc.rust-lang.org/${source}`, target: '_blank', rel: 'noopener noreferrer' }, source.slice(book.length + 1)),
        h('button', { type: 'button', class: 'like', 'aria-label': `More passages like: ${text.slice(0, 60)}`, click: onLike }, 'More like this'),
      ),
    ),
  );
}
