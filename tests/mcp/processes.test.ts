/** Several servers over one memory, and how a server ends. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';

import { cli, inWorkshop, isAlive, until } from './support.js';

describe('two servers over one memory', { timeout: 120_000 }, () => {
  test('keep 80 of 80 notes and 80 of 80 values that are written at the same time', () =>
    inWorkshop(async ({ host, fabric }) => {
      const hosts = [await host(['--workflow', 'wf-1', '--agent', 'one']), await host(['--workflow', 'wf-1', '--agent', 'two'])];
      const writes = hosts.flatMap(({ say, ask }, which) =>
        Array.from({ length: 40 }, async (_, at) => {
          const [said] = await Promise.all([say('write_memory', { entry: `entry ${which}-${at}` }), ask('memory_set', { key: `k:${which}:${at}`, value: at })]);
          return said;
        }),
      );
      const revisions = (await Promise.all(writes)).map((said) => /^noted at revision (\d+)$/.exec(said)?.[1]);
      assert.equal(new Set(revisions).size, 80);
      for (const { say } of hosts) {
        const lines = (await say('read_memory')).split('\n').slice(0, -1);
        assert.equal(lines.length, 80);
        for (const line of lines) assert.match(line, /^\[[^\]]+Z\] \[(one|two)\] entry [01]-\d+$/);
        assert.equal(new Set(lines.map((line) => line.split('] ')[2])).size, 80);
      }
      const { entries } = await (await fabric()).workflow('wf-1').list({ prefix: 'k:', limit: 1_000 });
      assert.equal(entries.length, 80);
    }));

  test('lose nothing that was acknowledged when one of them is killed', () =>
    inWorkshop(async ({ host }) => {
      const [one, other] = [await host(['--agent', 'one']), await host(['--agent', 'two'])];
      const [notes, keys]: [string[], string[]] = [[], []];
      const writes = Array.from({ length: 300 }, async (_, at) => {
        await one.say('write_memory', { entry: `entry ${at}.` });
        notes.push(`entry ${at}.`);
        await one.ask('memory_set', { key: `k:${at}`, value: at });
        keys.push(`k:${at}`);
        if (keys.length === 50) process.kill(one.pid, 'SIGKILL');
      });
      await Promise.allSettled(writes);
      assert.ok(keys.length >= 50);
      const text = await other.say('read_memory');
      for (const note of notes) assert.ok(text.includes(note), note);
      for (const key of keys) assert.equal((await other.ask('memory_get', { key })).found, true, key);
      await other.say('write_memory', { entry: 'it goes on' });
    }));
});

describe('a server', { timeout: 120_000 }, () => {
  test('ends when its client closes it, and leaves no lock', () =>
    inWorkshop(async ({ host, memory }) => {
      const { client, pid, ask, log } = await host();
      await ask('memory_set', { key: 'k', value: 1 });
      await client.close();
      await until('the process ended', () => !isAlive(pid));
      assert.equal(log(), '');
      assert.ok(existsSync(memory));
    }));

  for (const how of ['stdin', 'SIGTERM', 'SIGINT'] as const) {
    test(`ends by itself with code 0 after ${how}, in the middle of a session`, () =>
      inWorkshop(async ({ memory }) => {
        const child = spawn(process.execPath, [cli, 'mcp', '--memory', memory], { stdio: 'pipe' });
        let [out, err] = ['', ''];
        child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
        child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
        const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
        const params = { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'test', version: '1' } };
        child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params })}\n`);
        child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', method: 'notifications/initialized' })}\n`);
        await until('it answered', () => out.includes('\n'));
        if (how === 'stdin') child.stdin.end();
        else child.kill(how);
        assert.equal(await ended, 0, err);
        assert.equal(err, '');
        for (const line of out.trimEnd().split('\n')) assert.equal(JSON.parse(line).jsonrpc, '2.0');
      }));
  }

  test('does not wait for an embedder that says nothing', () =>
    inWorkshop(async ({ memory, folder }) => {
      // The shell's own child goes on when the shell is gone.
      writeFileSync(
        join(folder, 'embed.mjs'),
        "import { writeFileSync } from 'node:fs'; writeFileSync('started', ''); setTimeout(() => writeFileSync('ended', ''), 20_000);",
      );
      const embed = ['--embed-exec', 'node embed.mjs; exit 1'];
      const child = spawn(process.execPath, [cli, 'mcp', '--memory', memory, ...embed], { stdio: 'pipe', cwd: folder });
      const ended = new Promise<number | null>((resolve) => child.on('exit', resolve));
      child.stdout.resume();
      const params = { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'test', version: '1' } };
      for (const message of [
        { id: 1, method: 'initialize', params },
        { method: 'notifications/initialized' },
        { id: 2, method: 'tools/call', params: { name: 'memory_search', arguments: { text: 'x' } } },
      ]) {
        child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
      }
      await until('the embedder was started', () => existsSync(join(folder, 'started')));
      child.stdin.end();
      assert.equal(await ended, 0);
      assert.equal(existsSync(join(folder, 'ended')), false);
    }));

  test('ends although nobody ever spoke to it', () =>
    inWorkshop(async ({ memory }) => {
      const child = spawn(process.execPath, [cli, 'mcp', '--memory', memory], { stdio: ['ignore', 'pipe', 'pipe'] });
      assert.equal(await new Promise((resolve) => child.on('close', resolve)), 0);
    }));

  test('says on stderr why it cannot start, and nothing on stdout', () =>
    inWorkshop(async ({ memory }) => {
      for (const [args, said] of [
        [['--agent', 'two words'], /an agent id is 1 to \d+ letters, digits/],
        [['--workflow', 'x'.repeat(300)], /invalid_scope/],
      ] as const) {
        const child = spawn(process.execPath, [cli, 'mcp', '--memory', memory, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
        let [out, err] = ['', ''];
        child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
        child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
        assert.notEqual(await new Promise((resolve) => child.on('close', resolve)), 0);
        assert.equal(out, '');
        assert.match(err, said);
      }
    }));
});
