import type { WorkflowEvent } from '../core/event.ts';
import type { Command } from './command.ts';
import { type Activation, activations, type Delivery } from './history.ts';
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
  session.isReplaying = true;
  for (const [index, activation] of list.entries()) {
    const next = list[index + 1];
    if (next === undefined) session.isReplaying = false;
    session.expect(activation.requests, next ? describeDelivery(next) : null);
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
  await quiesce();
  return session.takeCommands();
}

function describeDelivery(activation: Activation): string {
  const { type, sequence } = activation.delivery;
  return `${type} (event ${sequence})`;
}
