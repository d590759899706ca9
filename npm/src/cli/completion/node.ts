/** A command as a completion script knows it. */
export interface Node {
  /** Its words: empty for the program, `get`, `notebook write`. */
  path: string;
  /** What may follow it: commands, or the words that an argument can be. */
  commands: { word: string; says: string }[];
  /** Its options. What they take: one of some words, a directory, a text; `undefined`: nothing. */
  options: { word: string; says: string; takes: readonly string[] | 'directory' | 'text' | undefined }[];
}

/** The options that take a value, each once. */
export function takers(nodes: readonly Node[]): Node['options'] {
  const found = nodes.flatMap(({ options }) => options).filter(({ takes }) => takes !== undefined);
  return [...new Map(found.map((option) => [option.word, option])).values()];
}

/** The commands whose next word says more. */
export function groups(nodes: readonly Node[]): string[] {
  return ['help', ...nodes.flatMap(({ path }) => (path !== '' && nodes.some((other) => other.path.startsWith(`${path} `)) ? path : []))];
}
