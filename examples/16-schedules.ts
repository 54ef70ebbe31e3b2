import { createClient, getContext, scheduledWorkflow, step } from 'pyworkflow';

const report = step({ name: 'report' }, async (until: string) => `report until ${until}`);

let reports = 0;
// Its schedule comes along: workers create it, or update it when this definition has changed.
const fiveTimesASecond = scheduledWorkflow(
  { name: 'fiveTimesASecond', interval: '200ms', overlapPolicy: 'skip' },
  async () => {
    const context = getContext();
    // The occurrence's own time, also when the run starts late or makes up for a missed one.
    const due = context.kind === 'workflow' ? context.scheduledTime : null;
    const made = await report(due?.toISOString() ?? 'now');
    reports++;
    return made;
  },
);

const client = await createClient({ storage: { backend: 'memory' } });
const worker = await client.startWorker();
while (reports < 3) await new Promise((resolve) => setTimeout(resolve, 20));

const id = `auto_${fiveTimesASecond.workflowName}`;
await client.schedules.pause(id, { reason: 'enough' });
await client.schedules.trigger(id);
const preview = await client.schedules.preview(
  { cron: '0 9 * * MON-FRI', timezone: 'Europe/Berlin' },
  2,
);
console.log(preview.length, 'weekdays at nine in Berlin');
const events = await client.schedules.events(id);
console.log([...new Set(events.map(({ type }) => type))].join(', '));
await worker.stop();
await client.close();
