// What the scripts print. Plain text where nobody looks at a terminal.

const terminal = process.stdout.isTTY && !process.env.NO_COLOR;
const paint = (code, text) => (terminal ? `\x1b[${code}m${text}\x1b[0m` : text);

/** A new part of the work. */
export function heading(text) {
  console.log(`\n${paint('1', `== ${text}`)}`);
}

/** What is being done, or what came of it. */
export function say(text) {
  console.log(`-- ${text}`);
}

/** Something that the reader should know, though the work goes on. */
export function note(text) {
  console.log(paint('33', `-- ${text}`));
}

/** Ends the script with a sentence that says what is missing. */
export class Stop extends Error {}

/** Runs a script's main function; a `Stop` becomes a sentence and exit code 1, anything else keeps its stack. */
export async function main(work) {
  try {
    process.exitCode = (await work()) ?? 0;
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    console.error(`\n${paint('31', error.message)}`);
    process.exitCode = 1;
  }
}

/** How long something took, for people. */
export function took(since) {
  const seconds = (Date.now() - since) / 1000;
  return seconds < 60 ? `${seconds.toFixed(1)} s` : `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}
