/** A small chart of the last figures. */

const SVG = 'http://www.w3.org/2000/svg';
const HEIGHT = 40;
const WIDTH = 6;
const SLOTS = 40;

/** One bar for each figure, the newest last. */
export function sparkline(figures: readonly number[], say: (figure: number) => string): Element {
  const middle = figures.toSorted((one, other) => one - other)[figures.length >> 1] ?? 0;
  // One that is far off must not make the others vanish.
  const highest = Math.min(Math.max(...figures), 3 * middle);
  const svg = make('svg', {
    viewBox: `0 0 ${SLOTS * WIDTH} ${HEIGHT}`,
    preserveAspectRatio: 'none',
    role: 'img',
    'aria-label': `The last ${figures.length} searches took ${say(Math.min(...figures))} to ${say(Math.max(...figures))}`,
  });
  for (const [at, value] of figures.entries()) {
    const height = Math.max(2, HEIGHT * Math.min(1, value / highest));
    const bar = make('rect', { x: at * WIDTH + 1, y: HEIGHT - height, width: WIDTH - 2, height, rx: 1 });
    if (at === figures.length - 1) bar.classList.add('last');
    svg.append(bar);
  }
  return svg;
}

function make(tag: string, attributes: Record<string, string | number>): Element {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  return element;
}
