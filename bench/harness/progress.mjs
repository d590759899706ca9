/** One line that says what is going on: rewritten in place on a terminal, a line for each step elsewhere. */

export class Progress {
  #out;
  #last = '';

  /** @param {NodeJS.WriteStream} out */
  constructor(out) {
    this.#out = out;
  }

  /** @param {string} text */
  show(text) {
    if (this.#out.isTTY) {
      this.#out.write(`\r\x1b[K${text.slice(0, this.#out.columns - 1)}`);
      return;
    }
    // In a log, one line for each measurement is enough.
    const step = text.split(': ').slice(0, 2).join(': ');
    if (step !== this.#last) this.#out.write(`${step}\n`);
    this.#last = step;
  }

  clear() {
    if (this.#out.isTTY) this.#out.write('\r\x1b[K');
  }
}
