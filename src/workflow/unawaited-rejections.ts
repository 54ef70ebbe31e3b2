import { currentContext } from './context.ts';

/**
 * Keeps a branch of workflow code that fails before the workflow comes to await it from ending the
 * process, and all other runs in it: between two events that can take days. A warning names it.
 *
 * Everywhere else an unhandled rejection ends the process as before, unless somebody listens.
 */
export function tolerateUnawaitedRejections(): void {
  const onRejection = (reason: unknown) => {
    const context = currentContext();
    if (context?.kind === 'workflow') {
      const run = `${context.runId} (workflow '${context.workflowName}')`;
      const why = reason instanceof Error ? `${reason.name}: ${reason.message}` : String(reason);
      process.emitWarning(`A promise of ${run} rejected before anybody awaited it: ${why}`, {
        code: 'PYWORKFLOW_UNAWAITED',
      });
    } else if (process.listenerCount('unhandledRejection') === 1) {
      // What Node does where nobody listens.
      throw reason;
    }
  };
  process.on('unhandledRejection', onRejection);
}
