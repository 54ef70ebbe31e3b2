import type { EventOf } from '../../core/event.ts';
import type { Json } from '../../core/json.ts';
import type { RunSummary } from '../../core/run.ts';
import { clean } from '../output/text.ts';
import type { Finding } from './finding.ts';

/** Why a run is parked: both sides of a divergence, what a stuck one awaits, an unknown workflow. */
export function explainParked(
  { runId, workflowName, error }: RunSummary,
  interruption: EventOf<'workflow.interrupted'> | null,
): Finding {
  const details = (interruption?.data.details ?? {}) as { readonly [key: string]: Json };
  const resume = `pyworkflow runs resume ${runId}`;
  const text = (key: string) => (typeof details[key] === 'string' ? clean(details[key]) : null);
  switch (interruption?.data.reason) {
    case 'non_determinism': {
      const source = text('source');
      return {
        kind: 'parked_divergence',
        tone: 'trouble',
        message: `It is parked: its code no longer fits its history at event ${details.sequence}`,
        details: [
          `recorded   ${text('recorded') ?? '?'}`,
          `requested  ${text('requested') ?? '?'}`,
          ...(source === null ? [] : [`at         ${source}`]),
          'Restore the old order of calls, or guard the new one with patched(),',
          'then resume it; or fork it from the last step that still fits.',
        ],
        commands: [
          `pyworkflow workflows check ${clean(workflowName)} --run ${runId}`,
          resume,
          `pyworkflow runs logs ${runId}`,
        ],
      };
    }
    case 'stuck': {
      const awaiting = Array.isArray(details.awaiting) ? details.awaiting.map(String) : [];
      return {
        kind: 'parked_stuck',
        tone: 'trouble',
        message: 'It is parked: its code awaits something that no event settles',
        details: [
          `awaits  ${awaiting.map(clean).join(', ') || 'a promise that is no pyworkflow primitive'}`,
          'Move that call into a step, then resume it.',
        ],
        commands: [resume],
      };
    }
    case 'unknown_workflow':
      return {
        kind: 'parked_unknown_workflow',
        tone: 'trouble',
        message: `It is parked: the worker that took it does not know the workflow ${clean(workflowName)}`,
        details: ['Start a worker with the module that defines it, then resume the run.'],
        commands: ['pyworkflow workflows list', 'pyworkflow worker run --module <path>', resume],
      };
    default:
      return {
        kind: 'parked',
        tone: 'trouble',
        message: `It is parked${error === null ? '' : `: ${clean(error.message)}`}`,
        commands: [resume],
      };
  }
}
