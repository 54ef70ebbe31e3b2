import type { Figures, Params } from './workload.ts';

interface Request {
  readonly workload: string;
  readonly job: string;
  readonly params: Params;
  readonly folder: string;
}

/** The whole life of a child process: take the request from argv, send the figures, exit. */
export async function serveJob(run: (request: Request) => Promise<Figures>): Promise<void> {
  const figures = await run(JSON.parse(process.argv[2] ?? '{}') as Request);
  await new Promise<void>((resolve) => process.send?.(figures, () => resolve()));
  process.exit(0);
}
