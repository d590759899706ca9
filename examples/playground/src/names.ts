/** What the tabs are called: each writes as an agent of its own, so that the feed can say who it was. */

const NAMES = ['heron', 'otter', 'lynx', 'wren', 'badger', 'plover', 'marten', 'finch', 'ibex', 'curlew', 'vole', 'swift'];

/** Two names: of this tab, and of the one beside it. A tab keeps them while it is open. */
export function ownNames(): [string, string] {
  const at = Number(kept() ?? Math.floor(Math.random() * NAMES.length));
  keep(String(at));
  return [nameAt(at), nameAt(at + 1)];
}

/** A number for the colour of a name. */
export const hueOf = (name: string): number => (360 / NAMES.length) * Math.max(0, NAMES.indexOf(name));

const nameAt = (at: number): string => NAMES[at % NAMES.length] ?? 'heron';

// A browser that keeps nothing also refuses this; then the name changes with every load.
function kept(): string | null {
  try {
    return sessionStorage.getItem('name');
  } catch {
    return null;
  }
}

function keep(name: string): void {
  try {
    sessionStorage.setItem('name', name);
  } catch {
    // As above.
  }
}
