import { type ChildProcess, spawn } from 'node:child_process';
import {
  existsSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Client } from '../../src/client/client.ts';
import type { WorkflowEvent } from '../../src/core/event.ts';

/** What is built: a process that is to be killed within milliseconds has no time to compile. */
const LIBRARY = new URL('../../dist/index.js', import.meta.url);

/** A folder with a program in it and one database, for processes that are killed. */
export interface Site {
  readonly folder: string;
  /** Starts the program. It is told its `life`, and appends what its steps begin. */
  start(life: string, env: { readonly [key: string]: string }): Life;
  /** A client of the test itself on the database. */
  open(database?: string): Promise<Client>;
  began(): Began[];
  remove(): void;
}

/** One process. */
export interface Life {
  readonly process: ChildProcess;
  /** When it has printed that line; also when it is dead. */
  saw(line: string): Promise<void>;
  /** Resolves when it is gone, with its exit code or null if it was killed. */
  readonly gone: Promise<number | null>;
  /** What it has said on stderr. */
  complaints(): string;
}

/** The beginning of a step's body, as the body itself noted it. */
export interface Began {
  readonly life: string;
  readonly runId: string;
  readonly stepId: string;
  readonly attempt: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly nonce: string;
}

/** @param program JavaScript; `began()` notes the beginning of a step and gives a nonce for it. */
export function createSite(program: string): Site {
  if (!existsSync(fileURLToPath(LIBRARY))) throw new Error('run `npm run build` first');
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'pyworkflow-crash-')));
  const file = join(folder, 'program.mjs');
  const effects = join(folder, 'effects.tsv');
  writeFileSync(effects, '');
  writeFileSync(file, `${PRELUDE}\n${program}`);
  return {
    folder,
    start(life, env) {
      const child = spawn(process.execPath, [file], {
        cwd: folder,
        env: { ...process.env, LIFE: life, EFFECTS: effects, ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      return lifeOf(child);
    },
    async open(database = 'runs.db') {
      const { createClient } = await import('../../src/app.ts');
      return createClient({ storage: { backend: 'sqlite', path: join(folder, database) } });
    },
    began: () =>
      readFileSync(effects, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => {
          const [life = '', runId = '', stepId = '', attempt, at, nonce = ''] = line.split('\t');
          return { life, runId, stepId, attempt: Number(attempt), at: Number(at), nonce };
        }),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

// A line that was written survives a killed process: no need to flush it to the disk.
const PRELUDE = `
import { openSync, writeSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import {
  continueAsNew, createClient, getContext, hook, sleep, startChildWorkflow, step, workflow,
} from '${LIBRARY.href}';
const effects = openSync(process.env.EFFECTS, 'a');
const life = process.env.LIFE;
function began() {
  const { runId, stepId, attempt } = getContext();
  const nonce = randomBytes(6).toString('hex');
  writeSync(effects, [life, runId, stepId, attempt, Date.now(), nonce].join('\\t') + '\\n');
  return nonce;
}
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const say = (line) => writeSync(1, line + '\\n');
`;

function lifeOf(child: ChildProcess): Life {
  let out = '';
  let err = '';
  const listeners = new Set<() => void>();
  child.stdout?.on('data', (chunk) => {
    out += chunk;
    for (const listener of listeners) listener();
  });
  child.stderr?.on('data', (chunk) => {
    err += chunk;
  });
  const gone = new Promise<number | null>((resolve) => child.once('close', resolve));
  return {
    process: child,
    gone,
    complaints: () => err,
    saw: (line) =>
      Promise.race([
        gone.then(() => {}),
        new Promise<void>((resolve) => {
          const check = () => {
            if (!out.split('\n').includes(line)) return;
            listeners.delete(check);
            resolve();
          };
          listeners.add(check);
          check();
        }),
      ]),
  };
}

/** What must hold for every finished history. Gives what is wrong with it. */
export function faultsOf(runId: string, events: readonly WorkflowEvent[]): string[] {
  const faults: string[] = [];
  const fault = (text: string) => faults.push(`${runId}: ${text}`);
  for (const [index, event] of events.entries()) {
    if (event.sequence !== index + 1) fault(`event ${index + 1} has sequence ${event.sequence}`);
  }
  const started = new Set<string>();
  const completed = new Set<string>();
  const others = new Set<string>();
  for (const { type, data } of events) {
    if (type === 'step.started') {
      started.add(data.step_id);
      if (completed.has(data.step_id)) fault(`${data.step_id} started after it had completed`);
    } else if (type === 'step.completed') {
      if (completed.has(data.step_id)) fault(`${data.step_id} completed twice`);
      completed.add(data.step_id);
    } else if (type === 'sleep.completed') once(`${type} ${data.sleep_id}`);
    else if (type === 'hook.received') once(`${type} ${data.hook_id}`);
    else if (type.startsWith('child_workflow.')) {
      once(`${type} ${(data as { child_id: string }).child_id}`);
    }
  }
  function once(key: string): void {
    if (others.has(key)) fault(`${key} twice`);
    others.add(key);
  }
  for (const id of started) if (!completed.has(id)) fault(`${id} never completed`);
  const ends = events.filter(({ type }) => ENDS.includes(type));
  if (ends.length !== 1 || ends[0] !== events.at(-1)) {
    fault(`ends with ${events.at(-1)?.type}, has ${ends.length} ends`);
  }
  return faults;
}

const ENDS = ['workflow.completed', 'workflow.continued_as_new'];

/** Small, and the same for the same seed. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
