/** What the command prints. */

/** Aborted once nobody reads the output any more, as behind `| head -1`. */
const gone = new AbortController();
export const readerGone = gone.signal;

/** Takes it quietly when readers go. Whatever else may happen to a write is told to whoever waits for it. */
export function outliveReaders(): void {
  process.stdout.on('error', (error) => {
    if (isBrokenPipe(error)) gone.abort();
  });
  process.stderr.on('error', () => {});
}

/** Prints a line. Resolves once it is on its way, so that a slow reader is waited for. */
export function print(line: string): Promise<void> {
  return write(`${line}\n`);
}

/** Prints a text: as it is, but for a terminal without what JSON leaves and some of them obey. */
export function write(given: string): Promise<void> {
  if (readerGone.aborted) return Promise.resolve();
  const text = process.stdout.isTTY ? given.replaceAll(/[\u007f-\u009f]/g, inJson) : given;
  return new Promise((resolve, reject) => {
    process.stdout.write(text, (error) => {
      if (error === null || error === undefined || isBrokenPipe(error)) resolve();
      else reject(error);
    });
  });
}

/** Prints one answer: the document where `--json` asks for it, else the words. */
export function answer({ json }: { json?: boolean }, document: unknown, words: string): Promise<void> {
  return print(json === true ? JSON.stringify(document) : words);
}

/** Says something beside the output, on stderr. */
export function aside({ json }: { json?: boolean }, document: object, words: string): void {
  process.stderr.write(`${json === true ? JSON.stringify(document) : `memfabric: ${words}`}\n`);
}

/**
 * A text without what would steer a terminal, or turn around what it shows: others have written it. In a line, line breaks and
 * tabs are shown as they are written in JSON.
 */
export function harmless(text: string, { lines = false }: { lines?: boolean } = {}): string {
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, (sign) => {
    if (lines && (sign === '\n' || sign === '\t')) return sign;
    return inJson(sign);
  });
}

/** A character as JSON may write it. */
function inJson(sign: string): string {
  const written = JSON.stringify(sign).slice(1, -1);
  return written.length > 1 ? written : `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** A value in one line. */
export function inLine(value: unknown): string {
  return harmless(JSON.stringify(value) ?? '');
}

function isBrokenPipe(error: Error): boolean {
  return 'code' in error && (error.code === 'EPIPE' || error.code === 'EOF');
}
