// The door for `import`. Behind it is the same module that `require` gets, so a process has one copy of everything.
export { Agent, Fabric, Notebook, MemoryError, matches, memoryPromptAddendum, memoryTools } from './dist/index.js';
