import type { CreateRun, Gate } from './commit.ts';

/** What a store knows of a gate that somebody stands at. */
export interface GateView {
  /** At least `gate.limit` runs hold it. */
  readonly isFull: (gate: Gate) => boolean;
  readonly isWaitedAt: (gate: Gate) => boolean;
}

export type Admission =
  | { readonly refusedBy: Gate }
  /** `replaces`: gates whose holders and waiters have to make room. */
  | { readonly refusedBy: null; readonly waits: boolean; readonly replaces: readonly Gate[] };

/** Whether a new run enters, waits or is refused; a refusal at any gate comes before all else. */
export function admission(gates: readonly Gate[], { isFull, isWaitedAt }: GateView): Admission {
  const full = gates.filter((gate) => gate.whenFull !== 'join' && isFull(gate));
  const refusedBy = full.find(
    (gate) => gate.whenFull === 'refuse' || (gate.whenFull === 'wait_one' && isWaitedAt(gate)),
  );
  if (refusedBy !== undefined) return { refusedBy };
  const replaces = full.filter((gate) => gate.whenFull === 'replace');
  return { refusedBy: null, waits: full.length > 0, replaces };
}

/**
 * Of runs with the same gates, who waits longest is admitted first: if that one cannot pass, none of
 * them can, and nobody needs to look at the others.
 */
export function gateSetOf(gates: readonly Gate[]): string {
  return JSON.stringify(gates.map(({ name, whenFull }) => [name, whenFull === 'join']).sort());
}

/** True if a run, or one that begins with it, names a hook or a gate twice. */
export function repeatsItself({ hooks, gates = [], creates = [] }: CreateRun): boolean {
  return (
    hasRepeated(hooks, (hook) => hook.hookId) ||
    hasRepeated(gates, (gate) => gate.name) ||
    creates.some(repeatsItself)
  );
}

export function hasRepeated<T>(items: readonly T[], nameOf: (item: T) => string): boolean {
  return items.length > 1 && new Set(items.map(nameOf)).size < items.length;
}
