import { serveJob } from './lib/serve-job.ts';
import { WORKLOADS } from './workloads/all.ts';

await serveJob(({ workload, job, params, folder }) => {
  const run = WORKLOADS.find((known) => known.id === workload)?.jobs[job];
  if (run === undefined) throw new Error(`no job ${workload}/${job}`);
  return run(params, folder);
});
