import type { WorkflowEvent } from '../../src/core/event.ts';
import type { HookRecord } from '../../src/core/hook.ts';
import type { RunRecord } from '../../src/core/run.ts';
import { NOW } from './run-cli.ts';

export function runRecord(fields: Partial<RunRecord> = {}): RunRecord {
  return {
    runId: 'run_00000000000000a1',
    workflowName: 'processOrder',
    status: 'completed',
    createdAt: NOW - 120_000,
    updatedAt: NOW - 118_750,
    startedAt: NOW - 120_000,
    completedAt: NOW - 118_750,
    input: { orderId: 'ORD-1' },
    result: { status: 'ok' },
    error: null,
    idempotencyKey: null,
    maxDuration: null,
    metadata: {},
    tags: [],
    recoveryAttempts: 0,
    maxRecoveryAttempts: 3,
    recoverOnWorkerLoss: true,
    parentRunId: null,
    childId: null,
    nestingDepth: 0,
    continuedFromRunId: null,
    continuedToRunId: null,
    forkedFromRunId: null,
    scheduleId: null,
    scheduledAt: null,
    codeVersion: null,
    progress: null,
    ...fields,
  };
}

export function runningRecord(fields: Partial<RunRecord> = {}): RunRecord {
  return runRecord({ status: 'running', completedAt: null, result: null, ...fields });
}

export function hookRecord(fields: Partial<HookRecord> = {}): HookRecord {
  return {
    hookId: 'hook_approval_1',
    runId: 'run_00000000000000a1',
    name: 'approval',
    token: 'run_00000000000000a1:hook_approval_1:secret',
    status: 'pending',
    createdAt: NOW - 60_000,
    receivedAt: null,
    expiresAt: null,
    payload: null,
    payloadSchema: null,
    ...fields,
  };
}

export const EVENTS: readonly WorkflowEvent[] = [
  {
    sequence: 1,
    type: 'workflow.started',
    timestamp: NOW - 120_000,
    data: {
      workflow_name: 'processOrder',
      input: { orderId: 'ORD-1' },
      metadata: {},
      secret: 'hush',
    },
  },
  {
    sequence: 2,
    type: 'step.started',
    timestamp: NOW - 120_000,
    data: { step_id: 'step_pay_1', step_name: 'pay', args: ['ORD-1'], attempt: 1 },
  },
  {
    sequence: 3,
    type: 'step.completed',
    timestamp: NOW - 118_750,
    data: { step_id: 'step_pay_1', step_name: 'pay', result: 7, attempt: 1 },
  },
  {
    sequence: 4,
    type: 'workflow.completed',
    timestamp: NOW - 118_750,
    data: { workflow_name: 'processOrder', result: { status: 'ok' } },
  },
];
