import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT } from './child-process.ts';

const store = pathToFileURL(join(ROOT, 'dist', 'storage', 'sqlite', 'open-database.js'));
const engine: { pragmas(durability: 'full'): readonly string[] } = await import(store.href);

/** The settings of the bare loop's connection: the engine's own list, so that a ratio compares code. */
export const PRAGMAS: readonly string[] = engine.pragmas('full');
