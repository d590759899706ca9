/** The tools of `memoryTools` in servers that somebody else writes with the SDK. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client, InMemoryTransport } from '@modelcontextprotocol/client';
import { fromJsonSchema, McpServer, Server, type Tool } from '@modelcontextprotocol/server';
import { Fabric, memoryTools, type MemoryTools } from 'memfabric';

/** Calls the tools of a server as a client would. */
async function tried(server: (tools: MemoryTools) => McpServer | Server): Promise<void> {
  await using fabric = await Fabric.memory();
  const notebook = await fabric.workflow('wf-1').notebook();
  const tools = memoryTools(notebook, { agent: 'ada' });
  const [near, far] = InMemoryTransport.createLinkedPair();
  const client = new Client({ name: 'test', version: '1.0.0' });
  await Promise.all([server(tools).connect(far), client.connect(near)]);
  const listed = (await client.listTools()).tools;
  assert.deepEqual(listed.map(({ name }) => name), ['read_memory', 'write_memory']);
  assert.deepEqual(listed[1]?.inputSchema.required, ['entry']);
  assert.equal(listed[0]?.annotations?.readOnlyHint, true);
  const written = await client.callTool({ name: 'write_memory', arguments: { entry: 'tea' } });
  assert.match(JSON.stringify(written.content), /noted at revision/);
  const read = await client.callTool({ name: 'read_memory', arguments: {} });
  assert.match(JSON.stringify(read.content), /\[ada\] tea/);
  assert.equal((await client.callTool({ name: 'write_memory', arguments: { entry: 5 } })).isError, true);
  await client.close();
}

test('they fit an McpServer', () =>
  tried((tools) => {
    const server = new McpServer({ name: 'mine', version: '1.0.0' });
    for (const { name, description, inputSchema, annotations, handler } of tools.mcp()) {
      server.registerTool(name, { description, inputSchema: fromJsonSchema(inputSchema), annotations }, handler);
    }
    return server;
  }));

test('they fit a low-level server', () =>
  tried((tools) => {
    const server = new Server({ name: 'mine', version: '1.0.0' }, { capabilities: { tools: {} } });
    const offered: Tool[] = tools.mcp();
    server.setRequestHandler('tools/list', () => ({ tools: offered.map(({ name, description, inputSchema, annotations }) => ({ name, description, inputSchema, annotations })) }));
    server.setRequestHandler('tools/call', async ({ params }) => {
      const tool = tools.mcp().find(({ name }) => name === params.name);
      assert.ok(tool !== undefined);
      return tool.handler(params.arguments);
    });
    return server;
  }));
