/** Real clients of the protocol, each with a server of its own as a child process. */

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { Fabric } from 'memfabric';

/** The root of the project. */
export const root = fileURLToPath(new URL('../../', import.meta.url));

const { bin }: { bin?: Record<string, string> } = createRequire(import.meta.url)('../../npm/package.json');

/** The command `memfabric`, as it is installed. */
export const cli = process.env.MEMFABRIC_CLI ?? join(root, 'npm', bin?.memfabric ?? '');

/** The revisions of the protocol that hosts speak: with `initialize`, and with `server/discover`. */
export const PROTOCOLS = { '2025': 'legacy', '2026': { pin: '2026-07-28' } } as const;
export type Protocol = keyof typeof PROTOCOLS;

/** A client with the process that it speaks to. */
export interface Host {
  client: Client;
  /** The process of the server. */
  pid: number;
  /** Addresses of resources that were told to have changed, in order. */
  updated: string[];
  /** How often the list was told to have changed. */
  listed(): number;
  /** Calls a tool, and answers its text. */
  say(tool: string, args?: Record<string, unknown>): Promise<string>;
  /** Calls a tool that answers a document. */
  ask(tool: string, args?: Record<string, unknown>): Promise<Record<string, unknown>>;
  /** Calls a tool that is to fail, and answers what it said. */
  refused(tool: string, args?: Record<string, unknown>): Promise<string>;
  /** What the server said on stderr. */
  log(): string;
}

/** A directory with a memory, and the servers over it. */
export interface Workshop {
  /** The directory, in which the servers run. */
  folder: string;
  /** The memory. */
  memory: string;
  /** The same memory in the process of the test, which is another one than every server's. */
  fabric(): Promise<Fabric>;
  /** A host that has started a server. */
  host(args?: readonly string[], protocol?: Protocol): Promise<Host>;
  /** A host that has started a command. */
  start(command: string, args: readonly string[], options?: { protocol?: Protocol; env?: Record<string, string> }): Promise<Host>;
}

/** Runs a test in a directory of its own. All servers are ended, and everything that was opened is closed. */
export async function inWorkshop(body: (workshop: Workshop) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'memfabric-mcp-'));
  const memory = join(folder, 'memory');
  const clients: Client[] = [];
  let fabric: Promise<Fabric> | undefined;
  const start: Workshop['start'] = async (command, args, { protocol = '2025', env = {} } = {}) => {
    const transport = new StdioClientTransport({ command, args: [...args], env: { ...inherited(), ...env }, stderr: 'pipe', cwd: folder });
    const client = new Client({ name: 'test', version: '1.0.0' }, { versionNegotiation: { mode: PROTOCOLS[protocol] } });
    clients.push(client);
    return hostOf(client, transport);
  };
  try {
    await body({
      folder,
      memory,
      fabric: () => (fabric ??= Fabric.open(memory)),
      host: (args = [], protocol = '2025') => start(process.execPath, [cli, 'mcp', '--memory', memory, ...args], { protocol }),
      start,
    });
  } finally {
    await Promise.all(clients.map((client) => client.close()));
    await (await fabric)?.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The variables of the environment, without what the test runner puts there. */
function inherited(): Record<string, string> {
  const mine = Object.entries(process.env).filter(([name]) => !/^(NODE_|MEMFABRIC_)/.test(name));
  return Object.fromEntries(mine.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}

async function hostOf(client: Client, transport: StdioClientTransport): Promise<Host> {
  let log = '';
  transport.stderr?.on('data', (chunk: Buffer) => (log += chunk.toString()));
  // What is no protocol on stdout ends up here.
  client.onerror = (error) => (log += `the client: ${error.message}\n`);
  const updated: string[] = [];
  let listed = 0;
  client.setNotificationHandler('notifications/resources/updated', ({ params }) => void updated.push(params.uri));
  client.setNotificationHandler('notifications/resources/list_changed', () => void listed++);
  try {
    await client.connect(transport);
  } catch (error) {
    throw new Error(`there is no connection, and the server said: ${log}`, { cause: error });
  }
  const { pid } = transport;
  assert.ok(typeof pid === 'number');
  const call = async (name: string, args: Record<string, unknown> = {}): Promise<{ text: string; failed: boolean; document: unknown }> => {
    const result = await client.callTool({ name, arguments: args });
    const [content] = result.content;
    assert.ok(content?.type === 'text');
    return { text: content.text, failed: result.isError === true, document: result.structuredContent };
  };
  return {
    client,
    pid,
    updated,
    listed: () => listed,
    log: () => log,
    async say(name, args) {
      const { text, failed } = await call(name, args);
      assert.ok(!failed, `${name} failed: ${text}`);
      return text;
    },
    async ask(name, args) {
      const { text, failed, document } = await call(name, args);
      assert.ok(!failed, `${name} failed: ${text}`);
      assert.deepEqual(JSON.parse(text), document);
      assert.ok(typeof document === 'object' && document !== null);
      return Object.fromEntries(Object.entries(document));
    },
    async refused(name, args) {
      const { text, failed } = await call(name, args);
      assert.ok(failed, `${name} answered: ${text}`);
      return text;
    },
  };
}

/** Waits until something is so. */
export async function until(what: string, so: () => boolean | Promise<boolean>, within = 10_000): Promise<void> {
  const end = Date.now() + within;
  while (!(await so())) {
    assert.ok(Date.now() < end, `it never came to be that ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Whether a process is there. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
