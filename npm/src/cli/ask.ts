/** Steps that a person does. */

import { createInterface } from 'node:readline';

import type { Execute } from '../workflow/index.js';
import { onAbort } from '../api/abort.js';
import { paint } from './colour.js';
import { harmless } from './output.js';

/**
 * Asks at the terminal: shows the prompt, and takes lines up to an empty one as the answer. `undefined` where nobody is there, unless
 * it is wanted all the same: then what is piped in answers.
 */
export function asking(wanted: boolean): Execute | undefined {
  if (!wanted && !(process.stdin.isTTY && process.stderr.isTTY)) return undefined;
  let lines: Lines | undefined;
  return async ({ step, agent, prompt, signal }) => {
    lines ??= linesOf(createInterface({ input: process.stdin, terminal: false })[Symbol.asyncIterator]());
    const title = paint('bold', `${step.id} asks you, as ${agent.name}:`, process.stderr);
    process.stderr.write(`\n${title}\n\n${harmless(prompt, { lines: true })}\n\n(your answer; an empty line ends it)\n`);
    return answerIn(lines, signal, step.id);
  };
}

/** The next line, whoever asks for it: one that a step did not wait for any longer is for the one after it. */
interface Lines {
  peek(): Promise<IteratorResult<string>>;
  take(): void;
}

function linesOf(iterator: AsyncIterator<string>): Lines {
  let next: Promise<IteratorResult<string>> | undefined;
  return { peek: () => (next ??= iterator.next()), take: () => (next = undefined) };
}

async function answerIn(lines: Lines, signal: AbortSignal, step: string): Promise<string> {
  let stop = (): void => {};
  const aborted = new Promise<never>((_, reject) => (stop = onAbort(signal, () => reject(signal.reason))));
  const answer: string[] = [];
  try {
    for (;;) {
      const { value, done } = await Promise.race([lines.peek(), aborted]);
      lines.take();
      if (done === true && answer.length === 0) throw new Error(`step ${step} asked, and nobody answered: the input has ended`);
      if (done === true || (value === '' && answer.length > 0)) return answer.join('\n');
      if (value !== '') answer.push(value);
    }
  } finally {
    stop();
  }
}
