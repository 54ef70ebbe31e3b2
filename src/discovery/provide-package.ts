import { existsSync } from 'node:fs';
import { register } from 'node:module';
import { extname } from 'node:path';

const extension = extname(import.meta.url);
let isProvided = false;

/**
 * Makes `import 'pyworkflow'` in user files mean this very installation where their folder has
 * none: a fresh quickstart folder, or a checkout's command line.
 */
export function providePackage(): void {
  if (isProvided) return;
  isProvided = true;
  const entry = new URL(`../index${extension}`, import.meta.url);
  if (!existsSync(entry)) return;
  register(`./resolve-hook${extension}`, import.meta.url, { data: { entry: entry.href } });
}
