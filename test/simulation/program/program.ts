/** What the workflow of a simulation does: a program for `interpreter.ts`, made by `grammar.ts`. */
export interface Program {
  /** Unique in its seed; its effects are told apart by it. */
  readonly label: string;
  readonly body: Node;
  /** How often it goes on as a new run before it ends. */
  readonly left: number;
  readonly throws: boolean;
  /** Has something to tidy up whatever happens. */
  readonly cleansUp: boolean;
  /** Of gates. */
  readonly key: string;
}

export type Policy = 'terminate' | 'request_cancel' | 'abandon';

export type Node =
  /** A step that succeeds after so many failures. */
  | { readonly k: 'do'; readonly key: string; readonly fails: number; readonly ms: number }
  /** A step that never succeeds. */
  | { readonly k: 'fail'; readonly key: string; readonly fatal: boolean }
  /** A step whose first attempt runs into its timeout. */
  | { readonly k: 'hang'; readonly key: string }
  /** A step with a rate limit. */
  | { readonly k: 'limited'; readonly key: string }
  | { readonly k: 'sleep'; readonly ms: number }
  | {
      readonly k: 'ask';
      readonly key: string;
      readonly expiryMs: number | null;
      readonly answered: boolean;
    }
  | { readonly k: 'seq' | 'all' | 'race'; readonly nodes: readonly Node[] }
  | {
      readonly k: 'child';
      readonly id: string;
      readonly workflow: string;
      readonly policy: Policy;
      /** Waits for it at once, starts it and waits later, stops it, or forgets it. */
      readonly mode: 'wait' | 'later' | 'cancel' | 'forget';
      readonly program: Program;
    }
  | {
      readonly k: 'saga';
      readonly key: string;
      readonly keys: readonly string[];
      readonly fails: boolean;
      readonly parallel: boolean;
    }
  | { readonly k: 'shield'; readonly node: Node }
  | { readonly k: 'patched'; readonly id: string }
  /** Where broken code gets stuck. */
  | { readonly k: 'trap' };

/** True if it can end in one way only, as long as nobody stops it. */
export function isDeterministic(node: Node): boolean {
  switch (node.k) {
    case 'ask':
      return node.answered ? node.expiryMs === null : true;
    case 'race':
      return false;
    case 'seq':
    case 'all':
      return node.nodes.every(isDeterministic);
    case 'child':
      if (node.mode === 'forget') return true;
      return node.mode !== 'cancel' && isDeterministic(node.program.body);
    case 'shield':
      return isDeterministic(node.node);
    default:
      return true;
  }
}

/** The value that a finished program gives, or what its failure says. */
export function allows(program: Program, value: unknown): boolean {
  return program.throws ? value === `!${program.label}` : nodeAllows(program.body, value);
}

export function nodeAllows(node: Node, value: unknown): boolean {
  switch (node.k) {
    case 'do':
    case 'hang':
    case 'limited':
      return value === node.key;
    case 'fail':
      return value === `!${node.key}`;
    case 'sleep':
      return value === null;
    case 'ask':
      return (
        (node.answered && value === node.key) ||
        (node.expiryMs !== null && value === `?${node.key}`)
      );
    case 'seq':
    case 'all':
      return (
        Array.isArray(value) &&
        value.length === node.nodes.length &&
        node.nodes.every((part, index) => nodeAllows(part, value[index]))
      );
    case 'race':
      return node.nodes.some((part) => nodeAllows(part, value));
    case 'child':
      if (node.mode === 'forget') return value === 'begun';
      if (node.mode === 'cancel' && value === 'cancelled') return true;
      return allows(node.program, value);
    case 'saga':
      return node.fails
        ? value === `undone ${node.key}`
        : JSON.stringify(value) === JSON.stringify(node.keys);
    case 'shield':
      return nodeAllows(node.node, value);
    case 'patched':
      return value === true;
    case 'trap':
      return value === 'passed';
  }
}
