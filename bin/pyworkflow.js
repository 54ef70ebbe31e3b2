#!/usr/bin/env node
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const own = dirname(dirname(realpathSync(fileURLToPath(import.meta.url))));
const argv = process.argv.slice(2);
const project = projectInstallation();

if (project !== null && project !== own) {
  // The project's own version runs its workflows: two engines would not see each other's registry.
  const { bin } = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8'));
  const path = join(project, typeof bin === 'string' ? bin : bin.pyworkflow);
  await import(pathToFileURL(path).href);
} else if (argv.length === 1 && argv[0] === '--version') {
  const { version } = JSON.parse(readFileSync(join(own, 'package.json'), 'utf8'));
  process.stdout.write(`${version}\n`);
} else {
  const main = join(own, 'dist', 'cli', 'main.js');
  if (existsSync(main)) {
    const cli = await import(pathToFileURL(main).href);
    process.exitCode = await cli.main(argv);
  } else {
    process.stderr.write(`✗ pyworkflow is not built: run \`npm run build\` in ${own}\n`);
    process.exitCode = 1;
  }
}

/** Where the project in this folder, or around the given configuration file, has pyworkflow. */
function projectInstallation() {
  const at = argv.findIndex((arg) => arg === '--config' || arg.startsWith('--config='));
  const config = at < 0 ? undefined : (argv[at].split('=', 2)[1] ?? argv[at + 1]);
  const folder = config === undefined ? process.cwd() : dirname(resolve(config));
  try {
    const found = createRequire(join(folder, 'x.js')).resolve('pyworkflow/package.json');
    return dirname(realpathSync(found));
  } catch {
    return null;
  }
}
