// Bundles the command `memfabric` with all that it needs of others, so that the package depends on none of them.

import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { root } from './run.mjs';

const npm = join(root, 'npm');
const src = join(npm, 'src');
/** What came of which file, as esbuild tells. */
export const graph = join(root, 'target', 'cli', 'graph.json');

const LICENCES = 'LICENSES.txt';

/** Writes `main.mjs` and its chunks into a folder, with the licences of what is in them. */
export async function bundleCli(out) {
  const { build } = await import('esbuild');
  const { version } = JSON.parse(readFileSync(join(npm, 'package.json'), 'utf8'));
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: [join(src, 'cli', 'main.ts')],
    outdir: out,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    splitting: true,
    minify: true,
    keepNames: true,
    legalComments: 'none',
    outExtension: { '.js': '.mjs' },
    chunkNames: '[name]-[hash]',
    // For what is written in CommonJS.
    banner: { js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);" },
    define: { PACKAGE_VERSION: JSON.stringify(version) },
    plugins: [apiOutside],
    metafile: true,
    logLevel: 'warning',
  });
  writeFileSync(join(out, LICENCES), licences(Object.keys(metafile.inputs)));
  // Only now: somebody may be using what was there.
  const made = new Set([LICENCES, ...Object.keys(metafile.outputs).map((path) => basename(path))]);
  for (const name of readdirSync(out)) if (!made.has(name)) rmSync(join(out, name), { recursive: true });
  mkdirSync(dirname(graph), { recursive: true });
  writeFileSync(graph, JSON.stringify(metafile));
}

/** The API stays where it is: the command uses the same copy as everybody else, found beside it. */
const apiOutside = {
  name: 'api-outside',
  setup({ onResolve }) {
    onResolve({ filter: /^\.{1,2}\// }, ({ path, importer }) => {
      const name = relative(src, resolve(dirname(importer), path)).replaceAll('\\', '/');
      if (name === 'index.js') return { path: '../../index.mjs', external: true };
      if (name === 'workflow/index.js') return { path: '../../workflow.mjs', external: true };
      return name.startsWith('api/') || name.startsWith('workflow/') ? { path: `../${name}`, external: true } : undefined;
    });
  },
};

/** The licences of the packages whose files are in the bundle. */
function licences(inputs) {
  const folders = new Set(inputs.flatMap((name) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(name)?.[0] ?? []));
  const texts = [...folders].toSorted().map((folder) => {
    const path = join(root, folder);
    const { name, version, license } = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8'));
    const file = readdirSync(path).find((entry) => /^licen[cs]e/i.test(entry));
    if (file === undefined) throw new Error(`${name} is bundled and comes without the text of its licence.`);
    return `${name} ${version} (${license})\n\n${readFileSync(join(path, file), 'utf8').trim()}\n`;
  });
  return `The command memfabric contains code of these packages.\n\n${texts.join(`\n${'-'.repeat(80)}\n\n`)}`;
}
