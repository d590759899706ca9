// Makes the tarballs, in `target/pack` or the folder behind `--out`.
//
//   node scripts/pack.mjs              one package that works on this platform: the addon is in it
//   node scripts/pack.mjs --publish    as on the registry: the main package, and one for each platform whose addon is there
//
// The platform packages become `optionalDependencies` of the main one here and nowhere else, so that a clone can be
// installed before anything was published.

import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { addonFile, platformPackages, thisPlatform } from './lib/platforms.mjs';
import { ask, root, started } from './lib/run.mjs';
import { heading, main, note, say, Stop } from './lib/say.mjs';

const papers = ['LICENSE-MIT', 'LICENSE-APACHE'];
const npm = join(root, 'npm');

/** One tarball with this platform's addon inside. Answers its path. */
function packOne(out) {
  const addon = addonFile(thisPlatform());
  if (!existsSync(addon)) throw new Stop(`There is no ${addon}: run \`npm run build\` first.`);
  return packMain(out, { addons: [addon] });
}

/** The tarballs of a release: the main package and the platform packages. Answers their paths, the main one first. */
function packRelease(out) {
  const there = Object.entries(platformPackages()).filter(([platform]) => {
    const built = existsSync(addonFile(platform));
    if (!built) note(`no addon for ${platform}: its package is left out, and so is the dependency on it`);
    return built;
  });
  const optionalDependencies = Object.fromEntries(there.map(([, { name, version }]) => [name, version]));
  return [packMain(out, { optionalDependencies }), ...there.map(([platform, manifest]) => packPlatform(out, platform, manifest))];
}

function packMain(out, { addons = [], optionalDependencies }) {
  if (!existsSync(join(npm, 'dist', 'index.js'))) throw new Stop('There is no npm/dist: run `npm run build` first.');
  const manifest = JSON.parse(readFileSync(join(npm, 'package.json'), 'utf8'));
  // What only a clone has a use for.
  for (const field of ['scripts', 'devDependencies', 'napi']) delete manifest[field];
  const extra = ['README.md', 'CHANGELOG.md', ...papers].filter((name) => existsSync(join(root, name)));
  manifest.files.push(...extra);
  if (optionalDependencies) {
    manifest.optionalDependencies = optionalDependencies;
    manifest.files = manifest.files.filter((name) => !name.endsWith('.node'));
  }
  return pack(out, manifest, (stage) => {
    for (const name of manifest.files) {
      if (existsSync(join(npm, name))) cpSync(join(npm, name), join(stage, name), { recursive: true });
    }
    for (const name of extra) copyFileSync(join(root, name), join(stage, name));
    for (const addon of addons) copyFileSync(addon, join(stage, addon.slice(npm.length)));
  });
}

function packPlatform(out, platform, manifest) {
  const readme = `# ${manifest.name}\n\n${manifest.description} It is installed by \`memfabric\`, which says what it is for.\n`;
  manifest.files.push(...papers);
  return pack(out, manifest, (stage) => {
    copyFileSync(addonFile(platform), join(stage, manifest.main));
    for (const name of papers) copyFileSync(join(root, name), join(stage, name));
    writeFileSync(join(stage, 'README.md'), readme);
  });
}

function pack(out, manifest, fill) {
  const stage = mkdtempSync(join(tmpdir(), 'memfabric-pack-'));
  try {
    mkdirSync(out, { recursive: true });
    fill(stage);
    writeFileSync(join(stage, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
    const answer = ask('npm', ['pack', '--json', '--pack-destination', out], { cwd: stage });
    if (answer === undefined) throw new Stop(`npm pack failed for ${manifest.name}.`);
    const [{ filename, size }] = JSON.parse(answer);
    say(`${filename}: ${(size / 1e6).toFixed(1)} MB`);
    return join(out, filename);
  } finally {
    rmSync(stage, { recursive: true, force: true });
  }
}

async function packAll() {
  const { values } = parseArgs({ options: { out: { type: 'string' }, publish: { type: 'boolean' } } });
  const out = resolve(values.out ?? join(root, 'target', 'pack'));
  heading(`Pack into ${out}`);
  if (values.out === undefined) rmSync(out, { recursive: true, force: true });
  if (values.publish) packRelease(out);
  else packOne(out);
}

if (started(import.meta.url)) await main(packAll);
