/** Events as a person reads them. */

import type { WatchEvent } from '../index.js';
import { paint } from './colour.js';
import { harmless, inLine } from './output.js';

/** An event in one line: revision, time, what happened, where, and to what. */
export function eventLine(event: WatchEvent): string {
  switch (event.action) {
    case 'synced':
      return paint('dim', `${event.revision}\tsynced: what comes now is new`);
    case 'resync':
      return paint('dim', `${event.floor}\tresync: changes after ${event.from} up to here are no longer kept; what stands follows`);
    default: {
      const { revision, timestamp, action, scope, scope_id: id, key, data, metadata } = event;
      const where = scope === 'global' ? scope : `${scope}/${harmless(id)}`;
      const parts = [String(revision), paint('dim', new Date(timestamp).toISOString()), paint(colourOf(action), action), where, paint('bold', harmless(key))];
      if (data !== null) parts.push(inLine(data));
      if (metadata.agent_id !== null) parts.push(paint('dim', `by ${harmless(metadata.agent_id)}`));
      return parts.join('\t');
    }
  }
}

function colourOf(action: string): 'red' | 'green' {
  return action.startsWith('delete') || action === 'expire' ? 'red' : 'green';
}
