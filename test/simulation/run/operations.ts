import type { Client } from '../../../src/client/client.ts';
import { PyWorkflowError } from '../../../src/core/errors.ts';
import type { Fleet, Process } from '../world/processes.ts';
import type { World } from '../world/world.ts';

/** What people outside ask of the processes: again, of another one, if the first one dies over it. */
export interface Operations {
  /**
   * @param work asked of a random process; may be asked several times
   * @throws what it throws, but for failures of the store
   */
  ask<T>(what: string, work: (client: Client) => Promise<T>): Promise<T>;
  /** Those that have not been answered. */
  readonly open: number;
}

export function createOperations(world: World, fleet: Fleet): Operations {
  const random = world.random.fork();
  let open = 0;

  function ask<T>(what: string, work: (client: Client) => Promise<T>): Promise<T> {
    open++;
    return new Promise<T>((resolve, reject) => {
      const end = (settle: () => void) => {
        open--;
        settle();
      };
      const again = () => world.clock.after(random.between(20, 1500), attempt);
      const attempt = () => {
        const up = fleet.up();
        if (up.length === 0) return again();
        const process = random.pick(up);
        world.trace(() => `${process.host.name} is asked to ${what}`);
        once(process, work).then(
          (value) => end(() => resolve(value)),
          (error) => {
            world.trace(() => `${process.host.name} fails to ${what}: ${error}`);
            if (isPassing(error)) again();
            else end(() => reject(error));
          },
        );
      };
      attempt();
    });
  }

  /** @throws DEAD if the process dies over it */
  function once<T>({ host, client }: Process, work: (client: Client) => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      host.onState(() => {
        if (host.state === 'dead') reject(DEAD);
      });
      work(client).then(resolve, reject);
    });
  }

  return {
    ask,
    get open() {
      return open;
    },
  };
}

const DEAD = new Error('the process has died');

function isPassing(error: unknown): boolean {
  if (error === DEAD) return true;
  return (['STORE_UNAVAILABLE', 'STORE', 'CLOSED'] as const).some((code) =>
    PyWorkflowError.is(error, code),
  );
}
