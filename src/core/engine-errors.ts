import type { Json } from './json.ts';
import { PyWorkflowError } from './pyworkflow-error.ts';

export class DuplicateNameError extends PyWorkflowError {
  constructor(kind: 'workflow' | 'step' | 'hook', name: string) {
    super('DUPLICATE_NAME', `Two ${kind}s are named '${name}'`, {
      details: { kind, name },
      hint: `Give one of them another name: ${kind}({ name: '…' }, …)`,
    });
  }
}

export class UnknownWorkflowError extends PyWorkflowError {
  constructor(name: string, known: readonly string[], suggestion?: string) {
    const list = known.length > 0 ? `known are: ${known.join(', ')}` : 'none is registered';
    super('UNKNOWN_WORKFLOW', `There is no workflow '${name}'; ${list}`, {
      details: { workflow_name: name, known: [...known] },
      hint:
        suggestion !== undefined
          ? `Did you mean '${suggestion}'?`
          : 'Name the module that defines it with --module or in pyworkflow.config.yaml.',
    });
  }
}

/** A primitive was called where there is no workflow. */
export class OutsideWorkflowError extends PyWorkflowError {
  constructor(primitive: string, where: string) {
    super(
      'OUTSIDE_WORKFLOW',
      `${primitive}() was called ${where}; it works only in a workflow's body`,
    );
  }
}

export interface Divergence {
  /** Position in the history. */
  readonly sequence: number;
  readonly recorded: string;
  readonly requested: string;
  /** `file:line:column` of the request in user code, where known. */
  readonly source: string | null;
}

/** The code asks for something else than what its history holds. The run is parked. */
export class NonDeterminismError extends PyWorkflowError {
  readonly divergence: Divergence;
  constructor(runId: string, divergence: Divergence) {
    const at = divergence.source ? ` at ${divergence.source}` : '';
    super(
      'NON_DETERMINISM',
      `The code of run ${runId} no longer fits its history at event ${divergence.sequence}: ` +
        `recorded was ${divergence.recorded}, the code asks for ${divergence.requested}${at}`,
      {
        details: { run_id: runId, ...divergence },
        hint: `Restore the old order of calls, then: pyworkflow runs resume ${runId}`,
      },
    );
    this.divergence = divergence;
  }
}

/** The workflow awaits something that no event will ever settle. The run is parked. */
export class StuckWorkflowError extends PyWorkflowError {
  constructor(runId: string, awaiting: readonly string[]) {
    const what =
      awaiting.length > 0 ? awaiting.join(', ') : 'a promise that is no pyworkflow primitive';
    super('STUCK', `Run ${runId} is stuck: its workflow awaits ${what}`, {
      details: { run_id: runId, awaiting: [...awaiting] },
      hint: `Move that call into a step, then: pyworkflow runs resume ${runId}`,
    });
  }
}

/** A value cannot be stored, or what was stored cannot be read. `path` leads to it. */
export class SerializationError extends PyWorkflowError {
  readonly path: string;
  constructor(what: string, path: string, action: 'store' | 'read' = 'store') {
    super('SERIALIZATION', `Cannot ${action} ${what} at ${path || 'the top level'}`, {
      details: { path },
      hint:
        action === 'store'
          ? 'Return plain data, or register the class with registerClass().'
          : 'Was it written by other code? Its classes must be registered with registerClass().',
    });
    this.path = path;
  }
}

export class HistoryCorruptedError extends PyWorkflowError {
  constructor(runId: string, what: string) {
    super('HISTORY_CORRUPTED', `The history of run ${runId} is damaged: ${what}`, {
      details: { run_id: runId },
    });
  }
}

// --- storage and environment -----------------------------------------------------------------

export class StoreError extends PyWorkflowError {
  constructor(message: string, options: { cause?: unknown; hint?: string } = {}) {
    super('STORE', message, options);
  }
}

/** The store cannot be reached or written right now. */
export class StoreUnavailableError extends PyWorkflowError {
  constructor(message: string, options: { cause?: unknown; hint?: string } = {}) {
    super('STORE_UNAVAILABLE', message, options);
  }
}

/** The database was made by a newer version of this package. */
export class StoreTooNewError extends PyWorkflowError {
  constructor(where: string, found: number, supported: number) {
    super(
      'STORE_TOO_NEW',
      `${where} has schema version ${found}; this pyworkflow understands up to ${supported}`,
      { details: { found, supported }, hint: 'Upgrade pyworkflow: npm install pyworkflow@latest' },
    );
  }
}

export class ConfigurationError extends PyWorkflowError {
  constructor(message: string, options: { details?: { [key: string]: Json }; hint?: string } = {}) {
    super('CONFIG', message, options);
  }
}

/** A workflow module could not be found, compiled or executed. */
export class DiscoveryError extends PyWorkflowError {
  constructor(
    message: string,
    options: { cause?: unknown; hint?: string; details?: { [key: string]: Json } } = {},
  ) {
    super('DISCOVERY', message, options);
  }
}

export class MissingDependencyError extends PyWorkflowError {
  constructor(pkg: string, why: string, cause?: unknown) {
    super('MISSING_DEPENDENCY', `${why} needs the package '${pkg}', which cannot be loaded`, {
      cause,
      details: { package: pkg },
      hint: `Install it: npm install ${pkg}`,
    });
  }
}

/** The client or store was used after close(). */
export class ClosedError extends PyWorkflowError {
  constructor(what: string) {
    super('CLOSED', `The ${what} is closed`);
  }
}
