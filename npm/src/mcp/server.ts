/** The server of one connection: what the protocol asks, answered by a session. */

import { ProtocolError, ProtocolErrorCode, Server } from '@modelcontextprotocol/server';

import { memoryPromptAddendum } from '../api/tools/addendum.js';
import { readMemory, writeMemory } from '../api/tools/notebook.js';
import { Changes } from './changes.js';
import * as resources from './resources.js';
import type { Session } from './session.js';
import { call, textTool, type ServerTool } from './tool.js';
import { entryTools } from './tools.js';

/** What a server is made of. */
export interface ServerOptions {
  session: Session;
  /** The version of the package. */
  version: string;
  /** Whether texts can be searched for. */
  texts: boolean;
  /** Whether others keep the subscriptions, as in the protocol of 2026. In that of 2025 a client tells the server. */
  listens: boolean;
}

/**
 * A server that is yet to be connected. It is the SDK's low-level one: the other has no pages of resources and no subscriptions, and
 * wants schemas in a form of its own.
 */
export function serverOf({ session, version, texts, listens }: ServerOptions): Server {
  const capabilities = { tools: {}, resources: { subscribe: true, listChanged: true } };
  const server = new Server({ name: 'memfabric', title: 'memfabric', version }, { capabilities, instructions: instructions(session) });
  const tools: readonly ServerTool[] = [
    textTool(readMemory(session.notebook)),
    textTool(writeMemory(session.notebook, session.agent)),
    ...entryTools(session, texts),
  ];
  server.setRequestHandler('tools/list', () => ({
    tools: tools.map(({ name, description, inputSchema, annotations }) => ({ name, description, inputSchema, annotations })),
  }));
  server.setRequestHandler('tools/call', ({ params }) => call(tools, params.name, params.arguments));

  const changes = new Changes(server, session, listens);
  server.onclose = () => changes.close();
  server.setRequestHandler('resources/list', ({ params }) => resources.list(session, params?.cursor));
  server.setRequestHandler('resources/templates/list', () => resources.templates());
  server.setRequestHandler('resources/read', ({ params }) => resources.read(session, params.uri));
  server.setRequestHandler('resources/subscribe', async ({ params: { uri } }) => {
    const address = await resources.subscribable(session, uri);
    if (!changes.subscribe(address, uri)) throw new ProtocolError(ProtocolErrorCode.InvalidParams, 'there are too many subscriptions: take some away first');
    return {};
  });
  server.setRequestHandler('resources/unsubscribe', async ({ params: { uri } }) => {
    changes.unsubscribe(await resources.subscribable(session, uri), uri);
    return {};
  });
  return server;
}

function instructions({ agent, instances }: Session): string {
  const scopes = instances.map(({ scope, id }) => (scope === 'global' ? 'global' : `${scope} ${JSON.stringify(id)}`));
  return [
    memoryPromptAddendum(),
    `Beside the notebook there are values under keys: \`memory_get\`, \`memory_set\`, \`memory_list\`, \`memory_delete\`, \`memory_search\`. ` +
      `You are ${agent} and see ${scopes.join(', ')}; what you write goes to ${instances[0].scope} unless you name another scope.`,
  ].join('\n');
}
