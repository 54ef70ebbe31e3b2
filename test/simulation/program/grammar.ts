import type { Random } from '../world/random.ts';
import type { Node, Policy, Program } from './program.ts';

/** Makes up programs. What it says twice, it says differently: every key is used once in a seed. */
export interface Grammar {
  program(label: string, options?: ProgramOptions): Program;
  /** One that is over soon. */
  small(label: string): Program;
}

export interface ProgramOptions {
  /** How deep branches and children may go. */
  readonly depth?: number;
  /** Nobody below it waits at a gate: a run that holds a place and waits for one waits for ever. */
  readonly free?: boolean;
}

export function createGrammar(random: Random): Grammar {
  let keys = 0;
  const newKey = () => `k${++keys}`;

  function program(label: string, { depth = 2, free = false }: ProgramOptions = {}): Program {
    return {
      label,
      body: sequence(random.between(1, 4), depth, free),
      left: random.chance(0.15) ? random.between(1, 2) : 0,
      throws: random.chance(0.1),
      cleansUp: random.chance(0.3),
      key: random.pick(['red', 'blue']),
    };
  }

  function sequence(length: number, depth: number, free: boolean): Node {
    return { k: 'seq', nodes: Array.from({ length }, () => node(depth, free)) };
  }

  function node(depth: number, free: boolean): Node {
    const kinds = depth > 0 ? [...LEAVES, ...BRANCHES] : LEAVES;
    switch (random.pick(kinds)) {
      case 'do':
        return {
          k: 'do',
          key: newKey(),
          fails: random.chance(0.3) ? random.between(1, 3) : 0,
          ms: random.pick([0, 0, 10, 300, 1200]),
        };
      case 'fail':
        return { k: 'fail', key: newKey(), fatal: random.chance(0.5) };
      case 'hang':
        return { k: 'hang', key: newKey() };
      case 'limited':
        return { k: 'limited', key: newKey() };
      case 'sleep':
        return { k: 'sleep', ms: random.pick([0, 1, 100, 900, 4000, 12_000]) };
      case 'ask':
        return ask();
      case 'patched':
        return { k: 'patched', id: newKey() };
      case 'trap':
        return { k: 'trap' };
      case 'saga':
        return {
          k: 'saga',
          key: newKey(),
          keys: Array.from({ length: random.between(1, 3) }, newKey),
          fails: random.chance(0.7),
          parallel: random.chance(0.3),
        };
      case 'all':
      case 'race':
      case 'seq':
        return {
          k: random.pick(['all', 'all', 'race', 'seq'] as const),
          nodes: Array.from({ length: random.between(2, 4) }, () => node(depth - 1, free)),
        };
      case 'shield':
        return { k: 'shield', node: node(depth - 1, free) };
      case 'child':
        return child(depth, free);
    }
  }

  function ask(): Node {
    const answered = random.chance(0.75);
    const expiryMs = !answered || random.chance(0.3) ? random.between(500, 9000) : null;
    return { k: 'ask', key: newKey(), expiryMs, answered };
  }

  function child(depth: number, free: boolean): Node {
    const id = `c${++keys}`;
    const workflow = free ? 'plain' : random.pick(['plain', 'plain', 'plain', 'limited', 'keyed']);
    return {
      k: 'child',
      id,
      workflow,
      policy: random.pick<Policy>(['terminate', 'request_cancel', 'abandon']),
      mode: random.pick(['wait', 'wait', 'later', 'cancel', 'forget'] as const),
      program: program(id, { depth: depth - 1, free: free || workflow !== 'plain' }),
    };
  }

  function small(label: string): Program {
    const deed: Node = { k: 'do', key: label, fails: 0, ms: random.pick([0, 200, 3000, 15_000]) };
    const rest: Node = { k: 'sleep', ms: random.pick([0, 500, 5000, 20_000]) };
    const left = random.chance(0.2) ? 1 : 0;
    const body: Node = { k: 'seq', nodes: random.chance(0.5) ? [deed] : [rest, deed] };
    return { label, body, left, throws: false, cleansUp: random.chance(0.3), key: 'red' };
  }

  return { program, small };
}

const LEAVES = [
  'do',
  'do',
  'do',
  'fail',
  'hang',
  'limited',
  'sleep',
  'sleep',
  'ask',
  'ask',
  'patched',
  'trap',
  'saga',
] as const;
const BRANCHES = ['all', 'race', 'seq', 'shield', 'child', 'child'] as const;
