// Runs in a process of its own: a test runner has a module loader of its own.
import { discoverWorkflows } from '../../../src/discovery/discover-workflows.ts';
import { clearRegistry, listSteps, listWorkflows } from '../../../src/workflow/registry.ts';

const results: unknown[] = [];
for (const module of process.argv.slice(2)) {
  clearRegistry();
  try {
    const { files, sources } = await discoverWorkflows([module]);
    const workflows = listWorkflows().map(({ name }) => name);
    const steps = listSteps().map(({ name }) => name);
    results.push({ files, sources: Object.fromEntries(sources), workflows, steps });
  } catch (error) {
    const { name, message, code, hint } = error as Error & { code?: string; hint?: string };
    results.push({ error: { name, message, code, hint } });
  }
}
process.stdout.write(JSON.stringify(results));
