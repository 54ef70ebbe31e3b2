import type { HookStatus } from '../../core/hook.ts';
import type { RunStatus } from '../../core/run.ts';
import type { ScheduleStatus } from '../../core/schedule.ts';
import type { Style } from './style.ts';

type Look = readonly [mark: string, paint: keyof Style];

type Status = RunStatus | HookStatus | ScheduleStatus;

// A mark besides the colour: some terminals, and some people, see none.
const LOOKS: Readonly<Record<Status, Look>> = {
  pending: ['○', 'dim'],
  running: ['●', 'cyan'],
  suspended: ['⏸', 'yellow'],
  completed: ['✓', 'green'],
  failed: ['✗', 'red'],
  interrupted: ['!', 'red'],
  cancelled: ['⊘', 'yellow'],
  continued_as_new: ['→', 'cyan'],
  received: ['✓', 'green'],
  expired: ['✗', 'red'],
  disposed: ['⊘', 'dim'],
  active: ['●', 'green'],
  paused: ['⏸', 'yellow'],
  deleted: ['⊘', 'dim'],
};

export function showStatus(status: Status, style: Style): string {
  const [mark, paint] = LOOKS[status];
  return style[paint](`${mark} ${status}`);
}
