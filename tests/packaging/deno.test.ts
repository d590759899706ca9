import { test } from 'node:test';
import { assertFirstMinute } from './first-minute.ts';
import { copyApp, missing, project, succeed, tarballs, tool } from './support.ts';

test('the first minute works in Deno, with leave to load the addon and to read files', { skip: await missing('deno') }, async () => {
  const folder = await project(await tarballs());
  const app = await copyApp(folder, 'first-minute.mjs');
  assertFirstMinute(await succeed(tool('deno'), ['run', '--no-prompt', '--allow-ffi', '--allow-read', '--no-lock', app], { cwd: folder }));
});
