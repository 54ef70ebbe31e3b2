import type { Clock } from '../../core/clock.ts';
import { createNarrator } from '../follow/narrate.ts';
import type { Output } from '../output/output.ts';
import type { Narrator } from './play.ts';
import { FATAL_STEP, type StepCount } from './proof.ts';
import type { WorkerProcess } from './stage.ts';

/** Tells the demo line by line, with the time since it began and the process that did it. */
export function createTimeline(output: Output, clock: Clock, command: string): Narrator {
  const { style } = output.show;
  const since = clock.now();
  const narrate = createNarrator(style, command);
  const workers = new Map<number, string>();
  let hasBegun = false;
  const say = (line: string, who = '') => {
    if (output.format !== 'table') return;
    const time = ((clock.now() - since) / 1000).toFixed(1).padStart(5);
    output.raw(`${style.dim(`${time}s`)}  ${line}${who && style.dim(`  · ${who}`)}\n`);
  };
  const whoFinished = (step: string, counts: readonly StepCount[]) =>
    workers.get(counts.find((count) => count.step === step)?.pid ?? 0) ?? '';

  return {
    recorded(runId) {
      say(
        `${style.cyan('○')} ${style.bold('bookTrip')} is recorded as ${runId}; no process runs it yet`,
      );
    },
    workerStarted(worker: WorkerProcess) {
      workers.set(worker.pid, worker.name);
      say(`${style.cyan('●')} ${worker.name} starts ${style.dim(`(process ${worker.pid})`)}`);
    },
    killed(worker, step) {
      say(style.red(`✗ SIGKILL: ${worker.name} is dead, in the middle of ${step}`));
    },
    event(event, counts) {
      const { line } = narrate(event);
      if (event.type === 'workflow.started') return;
      if (event.type === 'step.started' && event.data.step_name === FATAL_STEP) {
        say(`${style.cyan('▶')} ${FATAL_STEP} begins${hasBegun ? ' again' : ''}`);
        hasBegun = true;
      } else if (event.type === 'workflow.interrupted') {
        say(`${style.yellow('↻')} the run has lost its process: its history is replayed`);
      } else if (event.type === 'workflow.completed') {
        say(`${style.green('✓')} completed`);
      } else if (line !== null) {
        say(line, event.type === 'step.completed' ? whoFinished(event.data.step_name, counts) : '');
      }
    },
  };
}
