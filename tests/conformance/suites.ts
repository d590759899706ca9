/** The list of behaviours that every engine and every runtime has in common. */

import type { Open, Suite, Test } from './support.ts';
import { batches } from './spec/batches.ts';
import { calls } from './spec/calls.ts';
import { clearing } from './spec/clearing.ts';
import { counters } from './spec/counters.ts';
import { durable } from './spec/durable.ts';
import { embedders } from './spec/embedders.ts';
import { errors } from './spec/errors.ts';
import { events } from './spec/events.ts';
import { exporting } from './spec/exporting.ts';
import { filters } from './spec/filters.ts';
import { handlers } from './spec/handlers.ts';
import { history } from './spec/history.ts';
import { hits } from './spec/hits.ts';
import { keys } from './spec/keys.ts';
import { large } from './spec/large.ts';
import { lifecycle } from './spec/lifecycle.ts';
import { lists } from './spec/lists.ts';
import { many } from './spec/many.ts';
import { metrics } from './spec/metrics.ts';
import { optionNames } from './spec/options.ts';
import { notebook } from './spec/notebook.ts';
import { patterns } from './spec/patterns.ts';
import { preconditions } from './spec/preconditions.ts';
import { reach } from './spec/reach.ts';
import { scopes } from './spec/scopes.ts';
import { ticks } from './spec/ticks.ts';
import { tools } from './spec/tools.ts';
import { ttl } from './spec/ttl.ts';
import { updates } from './spec/updates.ts';
import { values } from './spec/values.ts';
import { vectors } from './spec/vectors.ts';
import { walls } from './spec/walls.ts';
import { watching } from './spec/watching.ts';

const suites: Readonly<Record<string, Suite>> = {
  scopes,
  reach,
  walls,
  keys,
  patterns,
  values,
  options: optionNames,
  errors,
  preconditions,
  ttl,
  updates,
  counters,
  lists,
  batches,
  clearing,
  ticks,
  events,
  history,
  watching,
  handlers,
  durable,
  vectors,
  metrics,
  many,
  hits,
  filters,
  large,
  embedders,
  calls,
  notebook,
  tools,
  exporting,
  lifecycle,
};

/** Registers every test, under the name of its area. */
export function conformance(open: Open, t: Test): void {
  for (const [area, suite] of Object.entries(suites)) suite(open, (name, body, skip) => t(`${area}: ${name}`, body, skip));
}
