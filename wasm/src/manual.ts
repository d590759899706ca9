/** For all others: the module is handed over with `load`. */

export * from './index.js';
