import { sleep, workflow } from '../../../src/index.ts';

export default workflow({ name: 'scenario.sleeps' }, async () => {
  const times: string[] = [];
  const note = () => times.push(new Date().toISOString());
  await sleep('1h30m');
  note();
  await sleep(new Date('2030-03-01T12:00:00Z'), { name: 'spring' });
  note();
  await sleep(0);
  await Promise.all([sleep({ days: 2 }).then(note), sleep(60, { name: 'minute' }).then(note)]);
  return times;
});
