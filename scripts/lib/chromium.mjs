// The browser that tests drive. Debian's is installed where nothing else is there; it is not part of any npm package.

import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { ask, run } from './run.mjs';
import { note, say } from './say.mjs';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const places = [...(process.env.PATH ?? '').split(delimiter), '/usr/bin', '/Applications/Google Chrome.app/Contents/MacOS', '/Applications/Chromium.app/Contents/MacOS'];
const programs = [...names, 'Google Chrome', 'Chromium'];

/** The path of a Chromium or Chrome: the one that `CHROMIUM` names, or one in the usual places. */
export function findChromium() {
  const found = process.env.CHROMIUM ?? places.flatMap((place) => programs.map((name) => join(place, name))).find((path) => existsSync(path));
  return found !== undefined && existsSync(found) ? found : undefined;
}

/** Installs Chromium where that can be done without asking. The tests that need it say so where it cannot. */
export async function ensureChromium() {
  if (findChromium() !== undefined) return;
  if (process.platform !== 'linux' || process.getuid?.() !== 0 || ask('apt-get', ['--version']) === undefined) {
    return note('there is no Chromium here: on Debian `apt-get install chromium`, or name one with CHROMIUM');
  }
  say('installing Chromium with apt-get');
  const apt = { env: { DEBIAN_FRONTEND: 'noninteractive' } };
  await run('apt-get', ['update', '-q'], apt);
  await run('apt-get', ['install', '-qy', '--no-install-recommends', 'chromium'], apt);
}
