/** The scopes, and the instances of them that the page plays with. */

import type { Ids, Scope } from 'memfabric';

/** From narrow to wide: the order in which a read looks. */
export const SCOPES: readonly Scope[] = ['workflow', 'session', 'actor', 'global'];

/** What each scope has one for. */
export const MEANING: Readonly<Record<Scope, string>> = {
  workflow: 'for each run',
  session: 'for each conversation',
  actor: 'for each user',
  global: 'for everyone',
};

/** The ids to choose from. */
export const CHOICES: Readonly<Record<Scope, readonly string[]>> = {
  workflow: ['wf-1', 'wf-2'],
  session: ['s-1', 's-2'],
  actor: ['ada', 'grace'],
  global: ['global'],
};

/** The instance that a tab works in, for each scope. */
export type Instances = Record<Scope, string>;

/** What a tab begins with. */
export const beginning = (): Instances => ({ workflow: 'wf-1', session: 's-1', actor: 'ada', global: 'global' });

/** The same, as the API takes it. */
export const idsOf = ({ workflow, session, actor }: Instances): Ids => ({ workflowId: workflow, sessionId: session, actorId: actor });
