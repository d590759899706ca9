// Looking at files.

import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Every file below a folder, except in `node_modules`, `target` and hidden folders. None where there is no folder. */
export function filesBelow(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((item) => {
    if (item.isFile()) return [join(folder, item.name)];
    if (!item.isDirectory() || item.name === 'node_modules' || item.name === 'target' || item.name.startsWith('.')) return [];
    return filesBelow(join(folder, item.name));
  });
}

/** Says whether files are the same as some other time, whatever their dates are. */
export function fingerprint(files) {
  const hash = createHash('sha256').update(process.version);
  for (const file of files) hash.update(`\0${file}\0`).update(existsSync(file) ? readFileSync(file) : 'none');
  return hash.digest('hex');
}

/** Whether a stamp has this fingerprint. */
export const isStamped = (stamp, print) => existsSync(stamp) && readFileSync(stamp, 'utf8') === print;
