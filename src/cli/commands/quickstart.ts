import { mkdir } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import { messageOf } from '../../core/errors.ts';
import type { Cli } from '../cli-context.ts';
import { invocation } from '../cli-parts.ts';
import { EXIT } from '../exit-codes.ts';
import { differing, type NewFile, templateFiles, writeFiles } from '../scaffold.ts';
import { UsageError } from '../usage-error.ts';

export interface QuickstartOptions {
  readonly nonInteractive?: true;
  readonly template?: string;
  readonly force?: true;
  readonly skipDocker?: true;
}

const TEMPLATES = ['basic'];
const STORAGES = ['sqlite'];
/** A project that exists has its own: they are never replaced. */
const PROJECT_FILES = new Set(['package.json', 'tsconfig.json', '.gitignore', 'README.md']);

export async function quickstart(
  cli: Cli,
  dir: string | undefined,
  options: QuickstartOptions,
): Promise<number> {
  const folder = resolve(cli.io.cwd, dir ?? '.');
  const template = known('--template', options.template ?? 'basic', TEMPLATES);
  const storage = known('--storage', cli.options.storage ?? 'sqlite', STORAGES);
  const wanted = templateFiles(template, folder);
  const differ = differing(wanted, folder);
  const theirs = differ.filter(({ path }) => PROJECT_FILES.has(path));
  const clashes = differ.filter(({ path }) => !PROJECT_FILES.has(path));
  const mayReplace = await allowed(cli, clashes, options);
  const kept = mayReplace ? theirs : differ;
  const written = wanted.filter((file) => !kept.includes(file));

  const backups = await create(written, folder);
  report(cli, folder, { template, storage, written, kept, backups });
  return EXIT.done;
}

function known(flag: string, value: string, values: readonly string[]): string {
  if (values.includes(value)) return value;
  throw new UsageError(`${flag} ${value} is not available; available: ${values.join(', ')}`);
}

async function allowed(
  cli: Cli,
  clashes: readonly NewFile[],
  { force, nonInteractive }: QuickstartOptions,
): Promise<boolean> {
  if (clashes.length === 0 || force) return true;
  const names = clashes.map(({ path }) => path).join(', ');
  if (nonInteractive || !cli.isInteractive) {
    throw new UsageError(
      `There are other files called ${names}`,
      '--force replaces them and keeps the old ones as .backup',
    );
  }
  const question = `Replace ${names}? The old ones are kept as .backup.`;
  return cli.prompts.confirm(question, { default: false, instead: '--force' });
}

async function create(files: readonly NewFile[], folder: string): Promise<readonly string[]> {
  try {
    await mkdir(folder, { recursive: true });
    return await writeFiles(files, folder);
  } catch (error) {
    throw new UsageError(`Cannot write to ${folder}: ${messageOf(error)}`);
  }
}

interface Made {
  readonly template: string;
  readonly storage: string;
  readonly written: readonly NewFile[];
  readonly kept: readonly NewFile[];
  readonly backups: readonly string[];
}

function report({ io, output }: Cli, folder: string, made: Made): void {
  const { template, storage, backups } = made;
  const files = made.written.map(({ path }) => path);
  const kept = made.kept.map(({ path }) => path);
  const command = invocation({ env: io.env, cwd: folder });
  const steps = [
    ...(folder === resolve(io.cwd) ? [] : [`cd ${shellWord(relative(io.cwd, folder))}`]),
    `${command} workflows run processOrder --arg orderId=ORD-1`,
    `${command} workflows run sendNotification --arg userId=ada --arg message=Hello`,
    `${command} runs list`,
    `${command} runs logs latest`,
  ];
  for (const path of kept) output.warn(`Kept your ${path}`);
  for (const path of backups) output.info(`Kept the old file as ${path}`);
  output.success(`${folder} is ready`);
  const { bold } = output.show.style;
  output.result({
    json: { directory: folder, template, storage, files, kept, backups, next_steps: steps },
    plain: folder,
    table: `\nNext:\n\n${steps.map((step) => `  ${bold(step)}`).join('\n')}\n`,
  });
}

function shellWord(text: string): string {
  return /^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
