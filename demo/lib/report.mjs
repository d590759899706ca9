// What the processes of the demo tell whoever started them: one line of JSON for each thing that happened.

/**
 * Says that something happened. Resolves when the line has left this process, so it survives a `kill -9`.
 *
 * @param {string} what
 * @param {object} [details]
 * @returns {Promise<void>}
 */
export function report(what, details = {}) {
  return new Promise((resolve) => process.stdout.write(`${JSON.stringify({ what, ...details })}\n`, () => resolve()));
}

/** A clock that all processes of a machine share, in milliseconds. */
export const now = () => Number(process.hrtime.bigint()) / 1e6;
