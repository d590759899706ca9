/** The examples in the doc comments of the TypeScript API. They are parts of programs: the rest is `world/preamble.ts`. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { nameOf, root, type Example } from './examples.js';

const preamble = readFileSync(new URL('world/preamble.ts', import.meta.url), 'utf8');

/** All of them, each made into a whole program. */
export function commentExamples(): Example[] {
  const source = join(root, 'npm', 'src');
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  return files.sort().flatMap((name) => examplesIn(join(source, name)));
}

function examplesIn(path: string): Example[] {
  const examples: Example[] = [];
  let block: { line: number; lines: string[] } | undefined;
  for (const [at, text] of readFileSync(path, 'utf8').split('\n').entries()) {
    const [, line] = /^ *\*(?: |$)(.*)$/.exec(text) ?? [];
    if (line === undefined) continue;
    if (block === undefined && line === '```ts') {
      block = { line: at + 1, lines: [] };
    } else if (block !== undefined && line === '```') {
      const where = `${nameOf(path)}:${block.line}`;
      examples.push({ where, title: 'an example', code: toProgram(block.lines.join('\n')), runsIn: 'node', prints: [] });
      block = undefined;
    } else {
      block?.lines.push(line);
    }
  }
  return examples;
}

function toProgram(code: string): string {
  if (code.startsWith('import ')) return `${code}\n`;
  const body = code.startsWith('{') ? `const filter: Filter = ${code};\nawait memory.searchVector(query, { filter });` : code;
  // A loop over a watch ends with its fabric; a watcher goes on.
  const loop = code.includes('for await') ? 'setImmediate(() => void fabric.close());' : '';
  const end = code.includes('watchMemory') ? '' : 'await fabric.close();';
  return `${preamble}\nasync function example() {\n${body}\n}\n${loop}\nawait example();\n${end}\n`;
}
