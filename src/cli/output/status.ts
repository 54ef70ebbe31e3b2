import type { HookStatus } from '../../core/hook.ts';
import type { RunStatus } from '../../core/run.ts';
import type { Style } from './style.ts';

type Look = readonly [mark: string, paint: keyof Style];

// A mark besides the colour: some terminals, and some people, see none.
const LOOKS: Readonly<Record<RunStatus | HookStatus, Look>> = {
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
};

export function showStatus(status: RunStatus | HookStatus, style: Style): string {
  const [mark, paint] = LOOKS[status];
  return style[paint](`${mark} ${status}`);
}
