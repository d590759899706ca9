export * from './dist/workflow/index.js';
