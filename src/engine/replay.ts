import type { WorkflowEvent } from '../core/event.ts';
import type { Command } from './command.ts';
import { activations, type Delivery } from './history.ts';
import { quiesce } from './quiesce.ts';
import type { Session } from './session.ts';

/**
 * Feeds a session its history, one delivery at a time, with the code at rest in between. Whatever
 * the code asks for beyond the end of the history comes back as commands. A divergence ends it:
 * look at `session.outcome`.
 */
export async function replay(
  session: Session,
  events: readonly WorkflowEvent[],
): Promise<readonly Command[]> {
  const list = activations(events);
  let commands: readonly Command[] = [];
  // A delivery is recorded together with the answer; only a run nobody has begun has none.
  session.isReplaying = list.length > 1 || list[0]?.requests.length !== 0;
  for (const [index, activation] of list.entries()) {
    session.expect(activation.requests, list[index + 1]?.delivery ?? null);
    commands = await activate(session, activation.delivery);
    for (const note of activation.notes) session.note(note);
    if (session.outcome !== null) break;
  }
  session.isReplaying = false;
  session.expect([], null);
  return commands;
}

/** Gives the code one event, waits until it has come to rest, and takes what it asks for. */
export async function activate(session: Session, delivery: Delivery): Promise<readonly Command[]> {
  session.deliver(delivery);
  await quiesce(session);
  return session.takeCommands();
}
