import { sleep, step, workflow } from '../../../src/index.ts';

const note = step({ name: 'note' }, async (what: unknown) => what);

export default workflow({ name: 'scenario.deterministic-globals' }, async () => {
  const drawn = [Math.random(), crypto.randomUUID()];
  const began = Date.now();
  const noted = await note({ drawn, at: new Date() });
  await sleep('1d');
  const later = [Math.random(), crypto.randomUUID()];
  if (Math.random() < 0.5) await note('low');
  else await note('high');
  return { noted, later, days: (Date.now() - began) / 86_400_000, new: new Date() };
});
