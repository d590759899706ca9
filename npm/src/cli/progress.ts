/** What is said while a workflow runs: each level at a terminal, and elsewhere only what somebody must know. */

import type { Progress } from '../workflow/index.js';
import { paint } from './colour.js';
import { harmless } from './output.js';

/** Says it on stderr. With `json`, every event is a document there. */
export function teller(json: boolean): (event: Progress) => void {
  if (json) return (event) => process.stderr.write(`${JSON.stringify(documentOf(event))}\n`);
  const isTerminal = process.stderr.isTTY;
  let levels = 0;
  return (event) => {
    if (event.type === 'run_started') levels = event.levels.length;
    const line = always(event) ?? (isTerminal ? atTerminal(event, levels) : undefined);
    if (line !== undefined) process.stderr.write(`${line}\n`);
  };
}

function always(event: Progress): string | undefined {
  if (event.type === 'warning') return `memfabric: warning: ${harmless(event.message)}`;
  if (event.type === 'step_finished' && event.status === 'failed') {
    return `memfabric: ${paint('red', `step ${harmless(event.step)} failed:`, process.stderr)} ${harmless(event.error?.message ?? '')}`;
  }
  return undefined;
}

function atTerminal(event: Progress, levels: number): string | undefined {
  switch (event.type) {
    case 'run_started':
      return `${paint('bold', harmless(event.name), process.stderr)} ${event.runId}${event.resumed ? ', where it was' : ''}\n${paint('dim', event.auditDir, process.stderr)}`;
    case 'level_started':
      return paint('bold', `level ${event.level + 1} of ${levels}: ${event.steps.map((id) => harmless(id)).join(', ')}`, process.stderr);
    case 'step_started':
      return event.attempt > 1 ? `  ${harmless(event.step)}: attempt ${event.attempt}` : undefined;
    case 'step_retried':
      return `  ${harmless(event.step)}: ${harmless(event.error.message)}; again in ${event.after} ms`;
    case 'step_finished': {
      if (event.status === 'skipped') return `  ${paint('dim', '-', process.stderr)} ${harmless(event.step)} skipped: ${harmless(event.reason ?? '')}`;
      const seconds = ((event.finishedAt ?? 0) - (event.startedAt ?? 0)) / 1_000;
      return `  ${paint('green', '✓', process.stderr)} ${harmless(event.step)} ${paint('dim', `${seconds.toFixed(1)} s`, process.stderr)}`;
    }
    case 'run_finished':
      return paint('bold', event.status.replaceAll('_', ' '), process.stderr);
    default:
      return undefined;
  }
}

/** An event as a document, whose names are written as everywhere in output. */
function documentOf(event: Progress): object {
  return Object.fromEntries(Object.entries(event).map(([name, value]) => [name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), value]));
}
