import type { WorkflowEvent } from '../core/event.ts';
import type { Command } from './command.ts';
import { activations, type Delivery } from './history.ts';
import { quiesce } from './quiesce.ts';
import { type Next, NO_ANSWERS, RecordedAnswers } from './recorded-answers.ts';
import type { Session } from './session.ts';

/**
 * Feeds a session its history, one delivery at a time, with the code at rest in between. Whatever
 * the code asks for beyond the end of the history comes back as commands. A divergence ends it:
 * look at `session.outcome`.
 *
 * @param end how a finished history closes: then the code has nothing more to ask for.
 */
export async function replay(
  session: Session,
  events: readonly WorkflowEvent[],
  end: Next = null,
): Promise<readonly Command[]> {
  const list = activations(events);
  let commands: readonly Command[] = [];
  // A delivery is recorded together with the answer; only a run nobody has begun has none.
  const [first] = list;
  session.isReplaying = list.length > 1 || first?.requests.length !== 0 || first.logs > 0;
  for (const [index, activation] of list.entries()) {
    const next = list[index + 1]?.delivery ?? end;
    session.recorded = new RecordedAnswers(activation.requests, next, activation.logs);
    commands = await activate(session, activation.delivery);
    for (const note of activation.notes) session.note(note);
    if (session.outcome !== null) break;
  }
  session.isReplaying = false;
  session.recorded = NO_ANSWERS;
  return commands;
}

/** Gives the code one event, waits until it has come to rest, and takes what it asks for. */
export async function activate(session: Session, delivery: Delivery): Promise<readonly Command[]> {
  session.deliver(delivery);
  await quiesce(session);
  return session.takeCommands();
}
