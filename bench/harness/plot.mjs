/** Recall against latency, as SVG that reads on a light and on a dark page. */

/** @typedef {import('./searching.mjs').Result} Result */

/** One panel. @typedef {{ title: string, results: readonly Result[] }} Panel */

const WIDTH = 860;
const PANEL = 360;
const LEFT = 76;
const RIGHT = 210;
const TOP = 46;
const BOTTOM = 56;

/** Recall from here on is shown. */
const FROM = 0.9;

/** Above this, recall is drawn at the edge: so few queries cannot tell it from 1. */
const EDGE = 0.9995;

const TICKS = [0.9, 0.95, 0.98, 0.99, 0.995, 0.999, 1];

/** Colours that stand out on white and on black, each with a shape of its own. */
const STYLES = [
  { colour: '#e5484d', shape: 'star' },
  { colour: '#3b82f6', shape: 'circle' },
  { colour: '#0ea5a4', shape: 'square' },
  { colour: '#4d9d3a', shape: 'triangle' },
  { colour: '#c9822b', shape: 'diamond' },
  { colour: '#a06ee1', shape: 'cross' },
  { colour: '#8b8d98', shape: 'down' },
];

/**
 * @param {readonly Panel[]} panels
 * @returns {string}
 */
export function plot(panels) {
  const series = [...new Set(panels.flatMap(({ results }) => results.map((result) => result.series)))];
  const style = (/** @type {string} */ name) => STYLES[Math.min(series.indexOf(name), STYLES.length - 1)] ?? { colour: '#8b8d98', shape: 'circle' };
  const height = PANEL * panels.length;
  const parts = panels.map((panel, at) => `<g transform="translate(0 ${at * PANEL})">${draw(panel, style)}</g>`);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="Recall against latency of vector searches" font-family="system-ui, sans-serif" font-size="12">
<style>
text { fill: #3f4350 }
.grid { stroke: #8b8d98; stroke-opacity: 0.3 }
.axis { stroke: #8b8d98 }
.title { font-size: 15px; font-weight: 600 }
@media (prefers-color-scheme: dark) { text { fill: #d6d8e0 } }
</style>
${parts.join('\n')}
</svg>
`;
}

/**
 * @param {Panel} panel
 * @param {(series: string) => { colour: string, shape: string }} style
 */
function draw({ title, results }, style) {
  const shown = results.filter(({ recall, p50 }) => recall >= FROM && Number.isFinite(p50) && p50 > 0);
  const times = shown.map(({ p50 }) => p50);
  const low = 10 ** Math.floor(Math.log10(Math.min(...times, 100)));
  const high = 10 ** Math.ceil(Math.log10(Math.max(...times, 1000)));
  const right = WIDTH - RIGHT;
  const bottom = PANEL - BOTTOM;
  const zoom = (/** @type {number} */ recall) => -Math.log10(1 - Math.min(recall, EDGE));
  const x = (/** @type {number} */ recall) => LEFT + 8 + ((zoom(recall) - zoom(FROM)) / (zoom(1) - zoom(FROM))) * (right - LEFT - 24);
  const y = (/** @type {number} */ time) => bottom - (Math.log10(time / low) / Math.log10(high / low)) * (bottom - TOP);
  const out = [`<text class="title" x="${LEFT}" y="24">${escape(title)}</text>`];

  for (const tick of TICKS) {
    out.push(line(x(tick), TOP, x(tick), bottom, 'grid'), text(x(tick), bottom + 18, String(tick), 'middle'));
  }
  for (let power = Math.log10(low); power <= Math.log10(high); power++) {
    for (const step of power < Math.log10(high) ? [1, 2, 5] : [1]) {
      const time = step * 10 ** power;
      out.push(line(LEFT, y(time), right, y(time), 'grid'), text(LEFT - 8, y(time) + 4, time >= 1000 ? `${time / 1000} ms` : `${time} us`, 'end'));
    }
  }
  out.push(line(LEFT, bottom, right, bottom, 'axis'), line(LEFT, TOP, LEFT, bottom, 'axis'));
  out.push(text((LEFT + right) / 2, bottom + 38, 'recall@10 (nearer to 1 is drawn wider)', 'middle'));
  out.push(text(16, (TOP + bottom) / 2, 'latency of a query, p50', 'middle', `rotate(-90 16 ${round((TOP + bottom) / 2)})`));

  const names = [...new Set(results.map(({ series }) => series))];
  names.forEach((name, at) => {
    const { colour, shape } = style(name);
    const own = shown.filter(({ series }) => series === name).sort((one, other) => one.recall - other.recall || one.p50 - other.p50);
    const ours = shape === 'star';
    if (own.length > 1 && !ours) {
      const points = own.map(({ recall, p50 }) => `${round(x(recall))},${round(y(p50))}`).join(' ');
      out.push(`<polyline points="${points}" fill="none" stroke="${colour}" stroke-width="1.5"/>`);
    }
    own.forEach(({ recall, p50, setting }) => {
      out.push(`<g fill="${colour}"><title>${escape(`${name} ${setting}: recall ${recall.toFixed(4)}, ${p50.toPrecision(3)} us`)}</title>${mark(shape, x(recall), y(p50))}</g>`);
      // Only ours are named: the settings of the others are in the tables. The quicker one is named below.
      const below = own.every((other) => other.p50 >= p50);
      if (ours) out.push(text(x(recall) - 11, y(p50) + (below ? 15 : -7), setting, 'end'));
    });
    const legend = TOP + 12 + at * 20;
    const beyond = own.length === 0 ? ` (below ${FROM})` : '';
    out.push(`<g fill="${colour}">${mark(shape, right + 22, legend)}</g>`, text(right + 34, legend + 4, `${name}${beyond}`, 'start'));
  });
  return out.join('\n');
}

/** @param {number} value */
const round = (value) => Math.round(value * 10) / 10;

/** @param {string} words */
const escape = (words) => words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/**
 * @param {number} x1
 * @param {number} y1
 * @param {number} x2
 * @param {number} y2
 * @param {string} kind
 */
function line(x1, y1, x2, y2, kind) {
  return `<line class="${kind}" x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}"/>`;
}

/**
 * @param {number} x
 * @param {number} y
 * @param {string} words
 * @param {'start' | 'middle' | 'end'} anchor
 * @param {string} [transform]
 */
function text(x, y, words, anchor, transform) {
  return `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}"${transform === undefined ? '' : ` transform="${transform}"`}>${escape(words)}</text>`;
}

/**
 * @param {string} shape
 * @param {number} x
 * @param {number} y
 */
function mark(shape, x, y) {
  const path = (/** @type {number[][]} */ points) => `<polygon points="${points.map(([dx = 0, dy = 0]) => `${round(x + dx)},${round(y + dy)}`).join(' ')}"/>`;
  switch (shape) {
    case 'star':
      return path(Array.from({ length: 10 }, (_, at) => [Math.sin((at * Math.PI) / 5) * (at % 2 === 0 ? 9 : 4), -Math.cos((at * Math.PI) / 5) * (at % 2 === 0 ? 9 : 4)]));
    case 'square':
      return path([[-4, -4], [4, -4], [4, 4], [-4, 4]]);
    case 'triangle':
      return path([[0, -5], [5, 4], [-5, 4]]);
    case 'down':
      return path([[0, 5], [5, -4], [-5, -4]]);
    case 'diamond':
      return path([[0, -6], [5, 0], [0, 6], [-5, 0]]);
    case 'cross':
      return path([[-5, -2], [-2, -2], [-2, -5], [2, -5], [2, -2], [5, -2], [5, 2], [2, 2], [2, 5], [-2, 5], [-2, 2], [-5, 2]]);
    default:
      return `<circle cx="${round(x)}" cy="${round(y)}" r="4.5"/>`;
  }
}
