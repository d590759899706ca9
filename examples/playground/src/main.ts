/** The page. */

import { loadQueries } from './data.ts';
import { byId, fill, h } from './dom.ts';
import { Figures } from './figures.ts';
import { ensureLibrary } from './library.ts';
import { open } from './memory.ts';
import { ownNames } from './names.ts';
import { notice, start } from './notice.ts';
import { Pane } from './pane.ts';
import { Search } from './search.ts';
import { followTheme, themeButton } from './theme.ts';
import { count } from './words.ts';

/** So long after all is there the page has nothing to do, in milliseconds. */
const CALM = 500;

followTheme();
byId('theme').append(themeButton());
await start(page);

async function page(): Promise<void> {
  const [own, other] = ownNames();
  const { fabric, alone, took } = await open();
  if (alone !== undefined) notice(alone);
  const bar = h('progress', { max: 1, value: 0, 'aria-label': 'Passages loaded' });
  const words = h('p', {}, 'Getting 2,000 passages ready …');
  fill(byId('search'), h('div', { class: 'loading' }, words, bar));
  const queries = loadQueries();
  const library = await ensureLibrary(fabric, own, (done, all) => {
    bar.value = done / all;
    fill(words, `${count(done)} of ${count(all)} passages are in the memory`);
  });
  const figures = new Figures(fabric, await queries, took);
  const search = new Search(fabric, library, await queries, (timed) => figures.add(timed));
  fill(byId('search'), search.element);
  fill(byId('figures'), figures.element);
  await fabric.agent(own).memory.increment('visits');
  // Later than the search, so that both are told of changes without delay.
  fill(byId('here'), new Pane(fabric, own, 'this tab').element);
  const there = byId('there');
  // The first search ran while the page was being made, which is no time to look at the clock.
  there.addEventListener('load', () => setTimeout(() => search.again(), CALM));
  if (alone === undefined) there.setAttribute('src', `./tab.html#${other}`);
  else there.parentElement?.remove();
  document.addEventListener('keydown', (event) => {
    const inField = event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement;
    if (event.key !== '/' || inField || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    search.focus();
  });
}
