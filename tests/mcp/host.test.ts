/** The JSON of docs/mcp.md and of the README starts what it says: npx, with the package as it is built here. */

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';

import { cli, inWorkshop, root, until } from './support.js';

interface Settings {
  mcpServers: Record<string, { command: string; args: string[] }>;
}

const page = readFileSync(join(root, 'docs', 'mcp.md'), 'utf8');
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const blocks = [...`${page}${readme}`.matchAll(/^```json\n([^]*?)^```$/gm)].map(([, text = '']) => text);
const settings = blocks.filter((text) => text.includes('mcpServers')).map((text): Settings => JSON.parse(text));

describe('the settings that one pastes', { timeout: 120_000 }, () => {
  test('are there', () => assert.equal(settings.length, 3));

  for (const [at, { mcpServers }] of settings.entries()) {
    test(`start a server that two hosts share (${at + 1})`, () =>
      inWorkshop(async ({ folder, start, fabric, memory }) => {
        // Where a package is installed, npx runs it and asks no registry.
        mkdirSync(join(folder, 'node_modules', '.bin'), { recursive: true });
        symlinkSync(join(root, 'npm'), join(folder, 'node_modules', 'memfabric'));
        symlinkSync(cli, join(folder, 'node_modules', '.bin', 'memfabric'));
        const [{ command, args } = { command: '', args: [] }] = Object.values(mcpServers);
        const here = args.map((arg) => arg.replace('/home/ada/memory', memory).replace('/home/ada', folder));
        const notes = here[here.indexOf('--notebook-dir') + 1];
        if (here.includes('--notebook-dir') && notes !== undefined) mkdirSync(notes);
        const env = { npm_config_offline: 'true' };
        const [one, other] = [await start(command, here, { env }), await start(command, here, { env })];
        await one.say('write_memory', { entry: 'the licence is MIT' });
        const agent = here[here.indexOf('--agent') + 1] ?? '';
        assert.match(await other.say('read_memory'), new RegExp(`\\[${agent}\\] the licence is MIT`));
        await one.ask('memory_set', { key: 'k', value: 1 });
        const id = here.includes('--workflow') ? here[here.indexOf('--workflow') + 1] : undefined;
        const there = id === undefined ? (await fabric()).global : (await fabric()).workflow(id);
        assert.equal((await there.entry('k'))?.author, agent);
        if (here.includes('--notebook-dir')) {
          const path = join(String(notes), 'memory.md');
          await until('the notebook is there for people', () => existsSync(path) && readFileSync(path, 'utf8').includes('the licence is MIT'));
        }
      }));
  }
});

test('docs/mcp.md names the tools that there are', () =>
  inWorkshop(async ({ host }) => {
    const { tools } = await (await host()).client.listTools();
    const [, section = ''] = page.split('## What the model gets');
    const named = [...section.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name);
    assert.deepEqual(named.toSorted(), tools.map(({ name }) => name).toSorted());
  }));
