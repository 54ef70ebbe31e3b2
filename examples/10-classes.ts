import { createClient, Step, Workflow } from 'pyworkflow';

class FetchUser extends Step {
  override readonly maxRetries = 5;
  override readonly timeout = '10s';

  async execute(id: string) {
    return { id, name: id.toUpperCase() };
  }
}

class Greet extends Workflow {
  override readonly tags = ['greetings'];

  async execute({ id }: { id: string }) {
    const user = await new FetchUser().run(id);
    return `Hello, ${user.name}!`;
  }
}

const client = await createClient({ storage: { backend: 'memory' } });
console.log(await (await client.start(Greet, { id: 'ada' })).result());
await client.close();
