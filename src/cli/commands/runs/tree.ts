import type { Client } from '../../../client/client.ts';
import type { RunSummary } from '../../../core/run.ts';
import type { Cli } from '../../cli-context.ts';
import { showStatus } from '../../output/status.ts';
import { brief, clean, displayWidth } from '../../output/text.ts';
import { errorLine, summaryJson, tookText } from '../../views/run-view.ts';

interface TreeNode {
  readonly run: RunSummary;
  /** What it is to the one above it. */
  readonly relation: 'root' | 'continued' | 'child';
  readonly children: readonly TreeNode[];
}

const PAGE = 500;

/** The chain of a run, each with its children and theirs. */
export async function showTree(cli: Cli, id: string): Promise<void> {
  const client = await cli.client();
  const asked = await client.runs.get(id);
  const chain = await client.runs.chain(asked.runId);
  const roots = await Promise.all(
    chain.map((run, index) => nodeOf(client, run, index === 0 ? 'root' : 'continued')),
  );
  const lines = roots.flatMap((node) => [
    line(cli, node, asked.runId, node.relation === 'continued' ? '↳ ' : ''),
    ...branches(cli, node.children, asked.runId, node.relation === 'continued' ? '  ' : ''),
  ]);
  cli.output.result({
    json: roots.map((node) => nodeJson(node, asked.runId)),
    plain: roots.flatMap((node) => plainLines(node, 0)).join('\n'),
    table: lines.join('\n'),
  });
  if (asked.parentRunId !== null) {
    cli.output.hint(`It is a child: pyworkflow runs tree ${asked.parentRunId}`);
  }
}

async function nodeOf(
  client: Client,
  run: RunSummary,
  relation: TreeNode['relation'],
): Promise<TreeNode> {
  const children = await childrenOf(client, run.runId);
  return {
    run,
    relation,
    children: await Promise.all(children.map((child) => nodeOf(client, child, 'child'))),
  };
}

/** Oldest first, as they were started. */
async function childrenOf(client: Client, parentRunId: string): Promise<readonly RunSummary[]> {
  const found: RunSummary[] = [];
  let cursor: string | undefined;
  do {
    const page = await client.runs.list({ parentRunId, limit: PAGE, ...(cursor && { cursor }) });
    found.push(...page.items);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return found.reverse();
}

function branches(cli: Cli, nodes: readonly TreeNode[], asked: string, indent: string): string[] {
  return nodes.flatMap((node, index) => {
    const isLast = index === nodes.length - 1;
    return [
      line(cli, node, asked, `${indent}${isLast ? '└─ ' : '├─ '}`),
      ...branches(cli, node.children, asked, `${indent}${isLast ? '   ' : '│  '}`),
    ];
  });
}

function line({ output }: Cli, { run }: TreeNode, asked: string, prefix: string): string {
  const { style, now } = output.show;
  const mark = run.runId === asked ? ` ${style.bold('◀')}` : '';
  const took = style.dim(tookText(run, now));
  const head = `${style.dim(prefix)}${run.runId}  ${clean(run.workflowName)}`;
  const text = `${head}  ${showStatus(run.status, style)}  ${took}${mark}`;
  if (run.error === null) return text;
  const room = Math.max(20, Math.min(200, output.width - displayWidth(text) - 2));
  return `${text}  ${style.red(brief(errorLine(run.error), room))}`;
}

function plainLines({ run, relation, children }: TreeNode, depth: number): string[] {
  const own = [run.runId, String(depth), relation, clean(run.workflowName), run.status].join('\t');
  return [own, ...children.flatMap((child) => plainLines(child, depth + 1))];
}

function nodeJson({ run, relation, children }: TreeNode, asked: string): object {
  return {
    ...summaryJson(run),
    relation,
    is_current: run.runId === asked,
    children: children.map((child) => nodeJson(child, asked)),
  };
}
