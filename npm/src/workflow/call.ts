/** A step as whoever does it gets it. */

import type { WorkflowAgent, WorkflowStep } from '../api/contract.js';
import { calling, MemoryError } from '../api/errors.js';
import { memoryPromptAddendum } from '../api/tools/addendum.js';
import { memoryTools } from '../api/tools/tools.js';
import { stateFor, type RunContext } from './context.js';
import { INJECT_CHARACTERS } from './limits.js';
import { attemptNotes } from './notes.js';
import type { StepAudit } from './step-audit.js';
import type { StepCall } from './types.js';

/** What is asked of it now: the notebook is that of this moment. The signal is yet to come. */
export async function callOf(run: RunContext, step: WorkflowStep, audit: StepAudit, attempt: number): Promise<Omit<StepCall, 'signal'>> {
  const { id: runId, loaded, memory, settings } = run;
  const agent = agentOf(loaded.document.agents, step.agent);
  const { inject, tools: hasTools } = step.shared_memory;
  const notebook = hasTools ? run.notebook : undefined;
  const plain = calling(() => loaded.binding.prompt(step.id, stateFor(run, step)));
  const prompt = inject && run.notebook !== undefined ? await run.notebook.injectIntoPrompt(plain, settings.inject ?? { maxChars: INJECT_CHARACTERS }) : plain;
  const addendum = notebook !== undefined && !inject ? memoryPromptAddendum() : '';
  return {
    step,
    agent,
    prompt,
    system: [agent.prompt, addendum].filter((part) => part !== '').join('\n\n'),
    tools: notebook === undefined ? undefined : memoryTools(attemptNotes(notebook, step.id), { agent: step.agent }),
    notebook,
    model: step.models[0],
    models: step.models,
    attempt,
    runId,
    memory,
    directory: audit.path,
    log(event) {
      audit.log(event);
      if (event.type === 'warning') run.tell({ type: 'warning', step: step.id, message: String(event['message']) });
    },
  };
}

function agentOf(agents: Record<string, WorkflowAgent>, name: string): WorkflowAgent & { name: string } {
  const agent = agents[name];
  if (agent === undefined) throw new MemoryError('not_found', `there is no agent "${name}"`);
  return { name, ...agent };
}
