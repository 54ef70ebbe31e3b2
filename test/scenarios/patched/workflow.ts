import { deprecatePatch, patched, sleep, step, workflow } from '../../../src/index.ts';

const greet = step({ name: 'greet' }, async (name: string) => `hello ${name}`);
const check = step({ name: 'check' }, async (name: string) => name.length > 2);

export default workflow({ name: 'scenario.patched' }, async (name: string) => {
  await sleep('1h');
  const ok = patched('check-names') ? await check(name) : true;
  deprecatePatch('an-older-one');
  return [ok, await greet(name)];
});
