import { sleep, step, workflow } from '../../../src/index.ts';

const work = step({ name: 'work' }, async (day: number) => day);

export default workflow({ name: 'scenario.deadlines', maxDuration: '5d' }, async () => {
  for (let day = 1; ; day++) {
    await work(day);
    await sleep('2d');
  }
});
