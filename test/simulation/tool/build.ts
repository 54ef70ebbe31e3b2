import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

/** A change of the sources that must make the simulation fail. */
export interface Mutation {
  /** From the project's folder. */
  readonly file: string;
  /** Must occur exactly once. */
  readonly from: string;
  readonly to: string;
}

export interface Build {
  /** The script that `simulate.ts` starts. */
  readonly worker: string;
  dispose(): void;
}

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
/** What the simulation never loads. */
const LEFT_OUT =
  /^src\/(cli|docker|dashboard|discovery|storage\/(file|sql|sqlite|postgres|mysql))\//;

/**
 * Compiles engine and simulation into a folder of its own. Run by plain Node, without a loader that
 * works in a thread, an `import()` of what is loaded takes microtasks only, so that a seed is the
 * same every time; and a planted bug is a changed line of a copy.
 */
export function build(mutations: readonly Mutation[] = []): Build {
  const folder = mkdtempSync(join(tmpdir(), 'pyworkflow-simulation-'));
  const open = new Set(mutations);
  for (const file of [...sourcesIn('src'), ...sourcesIn('test/simulation')]) {
    const text = readFileSync(join(ROOT, file), 'utf8');
    const mine = mutations.filter((mutation) => mutation.file === file);
    for (const mutation of mine) open.delete(mutation);
    const target = join(folder, file.replace(/\.ts$/, '.js'));
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, compile(mine.reduce(mutate, text)));
  }
  for (const { file } of open) throw new Error(`${file} is no part of the simulation`);
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  writeFileSync(join(folder, 'package.json'), readFileSync(join(ROOT, 'package.json')));
  return {
    worker: join(folder, 'test/simulation/worker.js'),
    dispose: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function sourcesIn(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .map((file) => `${folder}/${file}`)
    .filter((file) => file.endsWith('.ts') && !LEFT_OUT.test(file))
    .filter((file) => !/\.test\.ts$|\/tool\//.test(file));
}

function compile(text: string): string {
  const { outputText } = ts.transpileModule(text, {
    compilerOptions: {
      target: ts.ScriptTarget.ES2023,
      module: ts.ModuleKind.ESNext,
      verbatimModuleSyntax: true,
      rewriteRelativeImportExtensions: true,
      removeComments: true,
    },
  });
  return outputText;
}

function mutate(text: string, { file, from, to }: Mutation): string {
  const parts = text.split(from);
  if (parts.length !== 2) {
    throw new Error(`${file} holds ${parts.length - 1} times what is to be changed: ${from}`);
  }
  return parts.join(to);
}
