import { decode } from '../../../src/core/codec.ts';
import { isFinished } from '../../../src/core/run.ts';
import { checkHistory } from '../../../src/engine/check-history.ts';
import { getWorkflow } from '../../../src/workflow/registry.ts';
import { allows, type Node, type Program } from '../program/program.ts';
import type { World } from '../world/world.ts';
import type { Facts, FinalRun } from './facts.ts';

/** Every run by itself: its history is what was seen, it has ended as it may, and it replays. */
export async function checkRuns(world: World, facts: Facts): Promise<void> {
  for (const final of facts.runs) {
    const { run } = final;
    const complain = (what: string) => world.violate(`${run.runId} (${labelOf(final)}): ${what}`);
    checkLog(world, final, complain);
    if (!isFinished(run.status)) continue;
    checkEnd(final, complain);
    checkOutcome(final, complain);
    await checkReplay(final, complain);
  }
}

type Complain = (what: string) => void;

export function programOf({ run }: FinalRun): Program {
  return decode(run.input) as Program;
}

function labelOf(final: FinalRun): string {
  return programOf(final).label;
}

function checkLog(world: World, { run, events }: FinalRun, complain: Complain): void {
  const log = world.recorder.runs.get(run.runId)?.events ?? [];
  const seen = log.map(({ type, data }) => `${type} ${data}`);
  const held = events.map(({ type, data }) => `${type} ${JSON.stringify(data)}`);
  if (seen.join('\n') !== held.join('\n')) complain('its history is not what was committed');
  const gap = events.findIndex(({ sequence }, index) => sequence !== index + 1);
  if (gap !== -1) complain(`event ${gap + 1} has sequence ${events[gap]?.sequence}`);
}

function checkEnd({ run, events }: FinalRun, complain: Complain): void {
  const last = events.at(-1)?.type;
  if (last !== `workflow.${run.status}`) complain(`it is ${run.status}, its history ends ${last}`);
}

function checkOutcome(final: FinalRun, complain: Complain): void {
  const { run, events } = final;
  const program = programOf(final);
  if (run.status === 'completed') {
    const value = decode(run.result);
    if (!allows(program, value)) complain(`completed with ${JSON.stringify(value)}`);
  }
  if (run.status === 'failed' && !allows(program, run.error?.message)) {
    complain(`failed: ${run.error?.name}: ${run.error?.message}`);
  }
  const asked = events.some(({ type }) => type === 'cancellation.requested');
  if (run.status === 'cancelled' && !asked) complain('cancelled, though nobody asked for it');
  checkUndos(final, complain);
}

/** What a failed saga has done is undone, once and to the end; the same for what a run tidies up. */
function checkUndos({ run, events }: FinalRun, complain: Complain): void {
  const keys = new Map<string, string>();
  const done = new Map<string, number>();
  let due = 0;
  for (const { type, data } of events) {
    if (type === 'step.started') {
      const [deed] = decode(data.args) as [{ key: string }];
      keys.set(data.step_id, deed.key);
    }
    if (type === 'step.completed') {
      const key = keys.get(data.step_id) ?? '';
      done.set(key, (done.get(key) ?? 0) + 1);
    }
    if (type === 'compensation.started') due += data.undos;
    if (type === 'compensation.completed' && data.failed > 0) complain('an undo failed');
  }
  for (const [key, times] of done) if (times > 1) complain(`${key} is done ${times} times`);
  const terminated = events.some(
    ({ type, data }) => type === 'workflow.cancelled' && !data.cleanup_completed,
  );
  if (terminated) return;
  const cancelled = events.some(({ type }) => type === 'cancellation.requested');
  const sagas = awaitedSagas(programOf({ run, events }).body, cancelled);
  if (sagas !== null) {
    const undone = [...done.keys()].filter((key) => key.startsWith('undo '));
    if (undone.length !== due) complain(`${undone.length} undos ended instead of ${due}`);
    for (const key of sagas) {
      if (done.has(key) && !done.has(`undo ${key}`)) complain(`${key} was done and not undone`);
    }
  }
  if (run.status === 'continued_as_new') return;
  const { label, cleansUp } = decode(run.input) as Program;
  const begun = events.some(({ type }) => type === 'step.started' || type === 'sleep.started');
  if (cleansUp && begun && !done.has(`${label}/cleanup`)) complain('it has not tidied up');
}

/**
 * What sagas that fail may have done; null if the code does not wait for each of them to end: one
 * that has lost a race goes no further than its run, nor does one beside a branch that is cancelled.
 */
function awaitedSagas(node: Node, cancelled: boolean): readonly string[] | null {
  switch (node.k) {
    case 'saga':
      return node.fails ? node.keys : [];
    case 'shield':
      return awaitedSagas(node.node, cancelled);
    case 'seq':
    case 'all':
    case 'race': {
      const found = node.nodes.map((part) => awaitedSagas(part, cancelled));
      const left = node.k === 'race' || (node.k === 'all' && cancelled);
      if (found.includes(null) || (left && node.nodes.some(hasSaga))) return null;
      return found.flatMap((keys) => keys ?? []);
    }
    default:
      return [];
  }
}

function hasSaga(node: Node): boolean {
  if (node.k === 'shield') return hasSaga(node.node);
  return node.k === 'saga' || ('nodes' in node && node.nodes.some(hasSaga));
}

async function checkReplay({ run, events }: FinalRun, complain: Complain): Promise<void> {
  // Ended while it was parked: what it did is what broken code does.
  const parked = events.findLastIndex(
    ({ type, data }) => type === 'workflow.interrupted' && data.reason !== 'worker_lost',
  );
  const resumed = events.findLastIndex(({ type }) => type === 'workflow.resumed');
  if (parked > resumed) return;
  const verdict = await checkHistory(getWorkflow(run.workflowName), events, run);
  if (verdict.kind !== 'ok') complain(`its replay: ${JSON.stringify(verdict)}`);
}
