/** What the help of a command says beside its options. */

/** Examples, as `addHelpText('after', ...)` takes them. */
export function examples(...lines: string[]): string {
  return ['', 'Examples:', ...lines.map((line) => `  $ ${line}`)].join('\n');
}
