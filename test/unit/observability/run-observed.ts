// Runs in a process of its own: what is loaded there, and what happens without the packages.
import { createRequire, register } from 'node:module';

const [observability = '{}', missing] = process.argv.slice(2);
if (missing !== undefined) {
  const hook = `export async function resolve(specifier, context, next) {
    if (specifier !== ${JSON.stringify(missing)}) return next(specifier, context);
    throw Object.assign(new Error('Cannot find package'), { code: 'ERR_MODULE_NOT_FOUND' });
  }`;
  register(`data:text/javascript,${encodeURIComponent(hook)}`, import.meta.url);
}
const { createClient, step, workflow } = await import('../../../src/index.ts');
const report: { loaded?: string[]; error?: object; metrics?: string } = {};
try {
  const storage = { backend: 'memory' } as const;
  const client = await createClient({ storage, observability: JSON.parse(observability) });
  const one = step({ name: 'one' }, async () => 1);
  const wf = workflow({ name: 'wf' }, () => one());
  await (await client.start(wf)).result();
  await client
    .metrics()
    .then((text) => Object.assign(report, { metrics: text }))
    .catch(({ message, code, hint }) => Object.assign(report, { error: { message, code, hint } }));
  await client.close();
} catch (error) {
  const { message, code, hint } = error as Error & { code?: string; hint?: string };
  report.error = { message, code, hint };
}
// Both packages are CommonJS.
const paths = Object.keys(createRequire(import.meta.url).cache);
const names = paths.map((path) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? '');
report.loaded = [...new Set(names)].sort();
process.stdout.write(JSON.stringify(report));
