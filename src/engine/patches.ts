import type { Session } from './session.ts';

/**
 * True if the run takes the new way at this patch: asked here for the first time, or recorded; false
 * if the run has gone past this point with the old code.
 */
export function patched(session: Session, id: string): boolean {
  const known = session.patches.get(id);
  if (known !== undefined || session.outcome !== null) return known ?? false;
  const passed = session.recorded.isPast && !session.recorded.isPatch(id);
  if (!passed) {
    const found = session.match('patch', id, null);
    if (found === null) return false;
    if (found === 'fresh') {
      session.ask({ kind: 'mark', type: 'patch.applied', data: { patch_id: id } });
    }
  }
  session.patches.set(id, !passed);
  return !passed;
}

/** The old way is gone: what is recorded of the patch is passed over. */
export function deprecatePatch(session: Session, id: string): void {
  if (session.recorded.isPatch(id)) session.recorded.repeat();
}
