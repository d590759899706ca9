// How the demo looks. Colours and a moving bar on a terminal, plain lines elsewhere.

const terminal = process.stdout.isTTY === true && !process.env.NO_COLOR;
const paint = (code) => (text) => (terminal ? `\x1b[${code}m${text}\x1b[0m` : text);
const [bold, dim, red, green, yellow] = [1, 2, 31, 32, 33].map(paint);
const names = { A: paint(36), B: paint(35), C: paint(33), W: paint(34) };

let steps = 0;
const checks = [];

/** The beginning of a numbered step. */
export function step(title) {
  console.log(`\n${bold(`${++steps}. ${title}`)}`);
}

/** What a process did. Without a name: what the demo does. */
export function line(who, text) {
  console.log(`   ${names[who]?.(who) ?? ' '}  ${text}`);
}

/** Something that belongs to the line above. */
export const detail = (text) => line('', dim(text));

/** How far something has come: a bar on a terminal, a line for each quarter elsewhere. */
export function progress(who, what, done, total) {
  if (!terminal) {
    const quarter = (count) => Math.floor((4 * count) / total);
    if (quarter(done.now) > quarter(done.before)) line(who, `${what}: ${count(done.now)} of ${count(total)}`);
    return;
  }
  const width = 30;
  const full = Math.round((width * done.now) / total);
  const bar = '█'.repeat(full) + dim('░'.repeat(width - full));
  process.stdout.write(`\r   ${names[who](who)}  ${what} ${bar} ${count(done.now)}${done.now === total ? '\n' : ''}`);
}

/** A promise of the README that is looked at: said now, and again in the summary. */
export function check(good, text, instead) {
  checks.push({ good, text: good ? text : (instead ?? text) });
  console.log(`   ${mark(good)}  ${checks.at(-1).text}`);
}

/** A passage that was found. */
export function hit({ score, metadata }) {
  detail(`${score.toFixed(3)}  ${short(metadata.text, 88)}  (${metadata.source})`);
}

/** The end: everything that was looked at. Answers whether all of it was good. */
export function summary(seconds) {
  console.log(`\n${bold('Summary')}`);
  for (const { good, text } of checks) console.log(`   ${mark(good)}  ${text}`);
  const bad = checks.filter(({ good }) => !good).length;
  const verdict = bad === 0 ? green('All of it held.') : red(`${bad} of ${checks.length} did not hold.`);
  console.log(`\n   ${verdict} ${dim(`${seconds.toFixed(1)} s`)}\n`);
  return bad === 0;
}

/** Something that went wrong with the demo itself. */
export const problem = (text) => console.error(`\n   ${red('!')}  ${text}`);
/** Something that deserves attention. */
export const strong = yellow;
/** A number with its thousands set off. */
export const count = (number) => number.toLocaleString('en-US');
/** Milliseconds, as precisely as they matter. */
export const millis = (number) => `${number < 10 ? number.toFixed(2) : number.toFixed(0)} ms`;

const mark = (good) => (good ? green('✓') : red('✗'));
const short = (text, length) => (text.length > length ? `${text.slice(0, length - 1)}…` : text);
