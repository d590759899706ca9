// The platforms that the addon is made for: the name of its package and file, and the Rust target behind it.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './run.mjs';

/** Rust target of each platform package. */
export const targets = {
  'linux-x64-gnu': 'x86_64-unknown-linux-gnu',
  'linux-arm64-gnu': 'aarch64-unknown-linux-gnu',
  'linux-x64-musl': 'x86_64-unknown-linux-musl',
  'linux-arm64-musl': 'aarch64-unknown-linux-musl',
  'darwin-x64': 'x86_64-apple-darwin',
  'darwin-arm64': 'aarch64-apple-darwin',
  'win32-x64-msvc': 'x86_64-pc-windows-msvc',
};

/** The name of this machine's platform, as the addon's file has it. */
export function thisPlatform() {
  const { platform, arch } = process;
  if (platform === 'win32') return `win32-${arch}-msvc`;
  if (platform !== 'linux') return `${platform}-${arch}`;
  const glibc = process.report?.getReport().header.glibcVersionRuntime;
  return `linux-${arch}-${glibc ? 'gnu' : 'musl'}`;
}

/** Where the addon of a platform lies after a build. */
export const addonFile = (platform) => join(root, 'npm', `memfabric.${platform}.node`);

/** The package.json of every platform package, by platform. */
export function platformPackages() {
  const folder = join(root, 'npm', 'platforms');
  return Object.fromEntries(
    readdirSync(folder).map((name) => [name, JSON.parse(readFileSync(join(folder, name, 'package.json'), 'utf8'))]),
  );
}
