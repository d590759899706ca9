import { test } from 'node:test';
import { assertFirstMinute } from './first-minute.ts';
import { copyApp, missing, project, succeed, tarballs, tool } from './support.ts';

test('the first minute works in Bun', { skip: await missing('bun') }, async () => {
  const folder = await project(await tarballs());
  const app = await copyApp(folder, 'first-minute.mjs');
  assertFirstMinute(await succeed(tool('bun'), [app], { cwd: folder }));
});
