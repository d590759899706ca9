/** What `memfabric run --dry-run` prints. */

import type { WorkflowPlan } from '../workflow/index.js';
import { harmless } from './output.js';

/** As text: each level, each step with what it is, and its prompt. */
export function plannedText({ document, levels, prompts, warnings }: WorkflowPlan): string {
  const lines = warnings.map(({ message, path, line, column }) => `warning: ${path ?? 'workflow'}:${line}:${column}: ${message}`);
  lines.push(`${document.name}: ${document.steps.length} steps in ${levels.length} levels`);
  for (const [level, ids] of levels.entries()) {
    lines.push('', `level ${level + 1} of ${levels.length}: ${ids.join(', ')}`);
    for (const id of ids) {
      const step = document.steps.find((one) => one.id === id);
      const about = [
        `agent ${step?.agent}`,
        ...(step?.models[0] === undefined ? [] : [`model ${step.models[0]}`]),
        ...(step?.interactive === true ? ['interactive'] : []),
        ...(step?.condition === null || step?.condition === undefined ? [] : [`if ${conditionOf(step.condition)}`]),
        ...(step?.shared_memory.inject === true ? ['the notebook before the prompt'] : []),
        ...(step?.shared_memory.tools === true ? ['the tools of the notebook'] : []),
      ];
      lines.push('', `  ${id} (${about.join(', ')})`, ...(prompts[id] ?? '').split('\n').map((line) => `    ${line}`.trimEnd()));
    }
  }
  const text = `${lines.join('\n')}\n`;
  return process.stdout.isTTY ? harmless(text, { lines: true }) : text;
}

/** For programs. */
export function plannedJson({ document, levels, prompts, warnings, initialContent }: WorkflowPlan): object {
  const { name, steps } = document;
  return { name, levels, steps: steps.map((step) => ({ ...step, prompt: prompts[step.id] })), warnings, initial_content: initialContent };
}

function conditionOf({ step, contains, not_contains: without, equals }: NonNullable<WorkflowPlan['document']['steps'][number]['condition']>): string {
  if (contains !== undefined && contains !== '') return `${step} contains ${JSON.stringify(contains)}`;
  if (without !== undefined && without !== '') return `${step} does not contain ${JSON.stringify(without)}`;
  return equals !== undefined && equals !== '' ? `${step} equals ${JSON.stringify(equals)}` : `${step} completed`;
}
