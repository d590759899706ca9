/**
 * What a binding must offer: the Node addon and the wasm package both satisfy this interface without a cast, so the
 * compiler sees when they drift. Everything above it is written once, in this folder.
 *
 * Conventions of the boundary:
 * - Values, options and documents cross as JSON text, embeddings as `Float32Array`.
 * - A failure is an `Error` whose message is the JSON text of a {@link Failure}.
 * - A read that answers `null` concerns a key that this process is still writing: await {@link BindingFabric.settle}, ask again.
 * - Nothing here waits. What cannot be done at once comes as a promise.
 */

/** The four scopes, as they cross the boundary. */
export type ScopeName = 'global' | 'actor' | 'session' | 'workflow';

/** How near two vectors are, as it crosses the boundary. */
export type MetricName = 'cosine' | 'dot' | 'euclidean';

/** How far a handle may reach: see `Reach` in the core. */
export type ReachName = 'open' | 'context' | 'sealed' | ScopeName;

/** An error as it crosses the boundary. */
export interface Failure {
  code: string;
  message: string;
  /** For `conflict`: the revision that stands; 0 where nothing does. */
  revision?: number;
  /** Present where nobody can say whether the write was kept. */
  maybeCommitted?: boolean;
}

/** One operation of a batch, as JSON. A `setVector` takes the next of the embeddings beside the text. */
export type Operation =
  | { op: 'set'; key: string; value: unknown; ttl?: number; keepTtl?: boolean; ifRevision?: number; ifAbsent?: boolean; scope?: ScopeName; scopeId?: string }
  | { op: 'delete'; key: string; ifRevision?: number; scope?: ScopeName; scopeId?: string }
  | { op: 'increment'; key: string; by: number; scope?: ScopeName; scopeId?: string }
  | { op: 'append'; key: string; items: unknown[]; scope?: ScopeName; scopeId?: string }
  | { op: 'setVector'; key: string; space?: string; metric?: MetricName; metadata?: unknown; scope?: ScopeName; scopeId?: string }
  | { op: 'deleteVector'; key: string; space?: string; scope?: ScopeName; scopeId?: string }
  | { op: 'note'; author: string; text: string; retryKey?: string; scope?: ScopeName; scopeId?: string }
  | { op: 'seed'; text: string; scope?: ScopeName; scopeId?: string };

/**
 * The result of one batch, as JSON: an error, or the revisions and an outcome for each operation. An outcome is the
 * revision of a `set`, `setVector`, `note` or `seed`, whether a `delete` found something, the number or the length that stands now.
 */
export type BatchResult = { error: Failure } | { first: number; last: number; outcomes: (number | boolean)[] };

/** Options of `watch`, as JSON. */
export interface WatchRequest {
  patterns: string[];
  scope?: ScopeName;
  scopeId?: string;
  /** Deliver revisions above this one; absent: from now on. */
  from?: number;
  /** Deliver what stands first. */
  initial?: boolean;
  /** The name of a durable cursor. */
  durable?: string;
  /** Leave out the changes of this agent. */
  ignoreAgent?: string;
}

/** The entry point of a binding. */
export interface Binding {
  /** The version of the package that the binding was built for. */
  version(): string;
  /** A memory of its own, gone with the process. */
  inMemory(): BindingFabric;
  /** A memory of its own that begins with what another one exported. */
  fromBytes(bytes: Uint8Array): BindingFabric;
  /** Whether a pattern matches a key. */
  matches(pattern: string, key: string): boolean;
}

/** What the binding of an operating system offers besides. */
export interface NativeBinding extends Binding {
  /** A directory, opened off the main thread. `options` is JSON: `{ durability?, cacheBytes?, allowNetwork?, retention?, vectors? }`. */
  open(path: string, options: string): Promise<BindingFabric>;
  /**
   * A workflow, out of the text of its file. `options` is JSON: `{ path?, strict? }`; the path is for messages. Where the file is
   * wrong the failure is `invalid_value`, and its message names every fault, one a line: `workflow.yaml:12:5: steps[1].agent: …`.
   */
  workflow(text: string, options: string): BindingWorkflow;
}

/** An open fabric. */
export interface BindingFabric {
  /** A handle on the instances of a context. `context` is JSON: `{ workflowId?, sessionId?, actorId?, agentId?, reach }`. */
  memory(context: string): BindingMemory;
  /**
   * Submits what was enqueued since the last call, each batch by itself. The answer is JSON: `BatchResult[]`, in that
   * order. Where it was one `set` and is done, the answer is its revision.
   */
  commit(): number | string | Promise<string>;
  /** Resolves when everything submitted so far is done, well or badly. */
  settle(): Promise<void>;
  /** Watches every instance of every scope, or those that the request names. `wake` is called when there is something to take. */
  watch(request: string, wake: () => void): BindingWatch;
  /** Figures, as JSON. */
  stats(): string;
  /** Resolves when everything acknowledged so far survives a power cut. */
  flush(): Promise<void>;
  /** All that is stored, without its history, for `Binding.fromBytes`. */
  export(): Uint8Array;
  /** Copies the store to a path that does not exist yet. */
  backup(path: string): Promise<void>;
  /** Finishes what was submitted, flushes, ends all watches. Every later call fails as `closed`. */
  close(): Promise<void>;
}

/** A handle on some scope instances. */
export interface BindingMemory {
  /** Queues one operation, or a batch of them, for the next commit. `operations` is JSON: `Operation | Operation[]`. */
  enqueue(operations: string, embeddings?: Float32Array[]): void;
  /** As `enqueue` with a plain `set`, without the JSON around it. */
  enqueueSet(key: string, value: string): void;
  /** Queues the deletion of the next chunk of a scope. Answers how many entries and vectors it has; 0: there are none left. */
  enqueueClear(scope?: ScopeName, scopeId?: string): number | null;
  /** The JSON text of a value. */
  get(key: string, scope?: ScopeName, scopeId?: string): string | undefined | null;
  /** Whether there is an entry. */
  has(key: string, scope?: ScopeName, scopeId?: string): boolean | null;
  /** The entry, as JSON. `forWrite`: only in the instance that a write would go to. */
  entry(key: string, forWrite: boolean, scope?: ScopeName, scopeId?: string): string | undefined | null;
  /** A page of entries, as JSON: `{ entries, cursor? }`. Options: `{ scope?: ScopeName | 'all', scopeId?, prefix?, pattern?, limit?, cursor? }`. */
  list(options: string): string | null;
  /** A page of events, as JSON: `{ events, cursor?, trimmed? }`. Options: `{ scope?, scopeId?, pattern?, since?, limit?, cursor? }`. */
  history(options: string): string | null;
  /** A vector. */
  getVector(key: string, space?: string, scope?: ScopeName, scopeId?: string): BindingVector | undefined | null;
  /**
   * Hits, as JSON: `Hit[]`, with `embedding` as an array of numbers. A promise where it takes long: then it runs off
   * JavaScript's thread, on what stood at the call or later, and never answers `null`. The query is read during the call only.
   * Options: `{ topK?, filter?, threshold?, scope?, scopeId?, space?, exact?, includeValues?, includeEmbedding? }`.
   */
  searchVector(query: Float32Array, options: string): string | null | Promise<string>;
  /** As `searchVector`, for many queries at once: `Hit[][]`, one answer for each, in order. */
  searchVectors(queries: Float32Array[], options: string): string | null | Promise<string>;
  /** The text of a notebook, as JSON: `{ text, revision }`. Options: `{ scope?, scopeId?, since? }`. */
  readNotebook(options: string): string | null;
  /** Entries of a notebook, as JSON: `NotebookEntry[]`. Options: `{ scope?, scopeId?, since?, author?, limit? }`. */
  notes(options: string): string | null;
  /** A prompt with a notebook before it. Options: `{ scope?, scopeId?, maxTokens?, maxChars?, exclude?, notice?, stable? }`. */
  inject(prompt: string, options: string): string | null;
  /** The file that shows a notebook to people, opened off the main thread. Only where there are files. */
  notebookFile?(directory: string, initialContent: string, scope?: ScopeName, scopeId?: string): Promise<BindingNotebookFile>;
  /** Watches what this handle sees, or the part of it that the request names. */
  watch(request: string, wake: () => void): BindingWatch;
  /** A handle on one instance. `only`: it can never reach another. */
  instance(scope: ScopeName, scopeId: string | undefined, only: boolean): BindingMemory;
  /** The same handle without a way out. */
  sealed(): BindingMemory;
}

/** The file that shows a notebook to people. */
export interface BindingNotebookFile {
  /** Where it is, as its directory was named. */
  readonly path: string;
  /** Where it is, whatever becomes of the working directory. */
  readonly absolute: string;
  /**
   * Resolves when it shows what was written before the call, and what people added to it is in the notebook. Fails as `locked`
   * if another process is at it for longer than a moment.
   */
  refresh(): Promise<void>;
  /** Lets go of it. Nothing happens to it any more, and `refresh` fails as `closed`. */
  close(): void;
}

/** A vector as it was set. */
export interface BindingVector {
  embedding: Float32Array;
  revision: number;
  scope: ScopeName;
  scopeId: string;
  /** JSON text. */
  metadata?: string;
}

/** An open watch. */
export interface BindingWatch {
  /** What has come, as a JSON array of events, at most so many; `undefined`: nothing yet; `null`: closed, nothing will come. */
  take(limit: number): string | undefined | null;
  /** For a durable watch: every event up to this revision was handled. */
  finished(revision: number): void;
  /** Ends the watch. A durable cursor is given back. */
  close(): void;
  /** Keeps the process alive while the watch is open. */
  ref(): void;
  /** Lets the process end though the watch is open. */
  unref(): void;
}

/** A workflow: what its file says, and what follows from it. It runs nothing. Steps and agents are named as the file does. */
export interface BindingWorkflow {
  /** What is in the file, with defaults, as JSON: {@link WorkflowDocument}. Whole once every agent file was added. */
  document(): string;
  /** What is odd in the file and not an error, as JSON: {@link WorkflowWarning}`[]`. */
  warnings(): string;
  /** The files that are to be read for it, as JSON: {@link WorkflowFile}`[]`. */
  files(): string;
  /** The text of an agent's file: front matter, then the prompt. The path is for messages. Fails as `workflow` does. */
  addAgent(name: string, text: string, path: string): void;
  /** What can be checked only once every agent is there. Fails as `workflow` does. */
  check(): void;
  /** The ids of the steps, level by level, as JSON: `string[][]`. */
  levels(): string;
  /** The prompt of a step, filled in. `state` is JSON: {@link RunState}. Fails as `invalid_value` if an input is missing. */
  prompt(step: string, state: string): string;
  /** Whether a step is to run now, as JSON: {@link StepDecision}. `state` is JSON: {@link RunState}. */
  decide(step: string, state: string): string;
  /** What a failed attempt leads to, as JSON: {@link StepFailure}. Attempts are counted from 1. */
  failed(step: string, attempt: number, timeoutLike: boolean): string;
  /** What the run comes to: the text that `output` in the file asks for. `state` is JSON: {@link RunState}. */
  output(state: string): string;
}

/** What became of a run so far. Inputs are those given; their defaults are in the file. */
export interface RunState {
  inputs: Record<string, string>;
  steps: Record<string, { status: 'completed' | 'failed' | 'skipped'; output?: string }>;
}

/** Whether a step is to run. The reason is a sentence. */
export type StepDecision = { run: true } | { run: false; reason: string };

/** Whether to try again, after so many milliseconds; else whether the run stops after this level. */
export type StepFailure = { retry: true; after: number } | { retry: false; stops: boolean };

/** Something odd in a file: where, what. Lines and columns are counted from 1. `path` is the one given with the text. */
export interface WorkflowWarning {
  severity: 'warning';
  message: string;
  field: string;
  line: number;
  column: number;
  path?: string;
}

/**
 * A file to read: that of an agent, that of the notebook's first content, as the workflow names it; or an agent that the
 * workflow does not define, to be looked for by its name.
 */
export type WorkflowFile =
  | { kind: 'agent' | 'initial_file'; name: string; path: string; line: number; column: number }
  | { kind: 'search'; name: string; line: number; column: number };

/** What a workflow file says, with defaults. Names are those of the file. */
export interface WorkflowDocument {
  name: string;
  description: string;
  inputs: Record<string, { description: string; default: string }>;
  config: {
    model: string | null;
    audit_dir: string;
    /** How many audit directories to keep; 0: all. */
    audit_retention: number;
    /** How many steps run at once; 0: as many as a level has. */
    max_concurrency: number;
    interactive: boolean;
    agent_search_paths: string[];
    provider: { type: string; base_url: string; api_key_env: string } | null;
    streaming: boolean;
    log_level: string;
    shared_memory: { enabled: boolean; inject_into_prompt: boolean; initial_content: string; initial_file: string | null };
  };
  agents: Record<string, WorkflowAgent>;
  steps: WorkflowStep[];
  output: {
    /** In this order; empty: every step that completed. */
    steps: string[];
    format: 'markdown' | 'json' | 'plain';
    truncate: { strategy: 'chars' | 'lines' | 'tokens'; limit: number } | null;
  };
}

/** An agent of a workflow. */
export interface WorkflowAgent {
  description: string;
  prompt: string;
  /** The tools that it may use; `null`: any. */
  tools: string[] | null;
  model: string | string[] | null;
  /** Where it comes from, as the workflow names it, or as it was added; `null`: it stands in the workflow itself. */
  file: string | null;
  shared_memory: { inject_into_prompt?: boolean; tools?: boolean };
}

/** A step of a workflow, with what follows from its agent and from `config`. */
export interface WorkflowStep {
  id: string;
  agent: string;
  prompt: string;
  depends_on: string[];
  condition: { step: string; contains?: string; not_contains?: string; equals?: string } | null;
  on_error: 'fail' | 'skip' | 'retry' | null;
  retry_count: number;
  timeout_ms: number | null;
  model: string | null;
  /** The models to try, in order: the step's, its agent's, that of `config`. */
  models: string[];
  extra_dirs: string[];
  interactive: boolean;
  level: number;
  /** Whether the notebook stands before the prompt, and whether its tools are there. */
  shared_memory: { inject: boolean; tools: boolean };
  /** The tools that the step may use, with those of the notebook; `null`: any. */
  tools: string[] | null;
}
