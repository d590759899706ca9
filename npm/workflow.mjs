// The door for `import`. Behind it is the same module that `require` gets, so a process has one copy of everything.
export { OUTPUT_BYTES, planWorkflow, resumeWorkflow, runWorkflow } from './dist/workflow/index.js';
