import { FatalError, sleep, step, workflow } from 'pyworkflow';

export interface Notification {
  userId: string;
  message: string;
  /** Default: all of them. */
  channels?: ('email' | 'sms')[];
}

const checkNotification = step(
  { name: 'checkNotification' },
  async (input: Notification | undefined) => {
    if (!input?.userId || !input.message) {
      throw new FatalError('Needed: --arg userId=ada --arg message=Hello');
    }
    return { ...input, channels: input.channels ?? ['email', 'sms'] };
  },
);

const sendEmail = step({ name: 'sendEmail' }, async (userId: string, message: string) => ({
  channel: 'email',
  userId,
  length: message.length,
}));

const sendSms = step({ name: 'sendSms' }, async (userId: string, message: string) => ({
  channel: 'sms',
  userId,
  length: message.length,
}));

export const sendNotification = workflow(
  { name: 'sendNotification', description: 'Sends an e-mail and, a moment later, a text message' },
  async (input: Notification) => {
    const { userId, message, channels } = await checkNotification(input);
    const sent: unknown[] = [];
    if (channels.includes('email')) sent.push(await sendEmail(userId, message));
    // Nothing is held in memory meanwhile: it could as well be '30d'.
    await sleep('1s');
    if (channels.includes('sms')) sent.push(await sendSms(userId, message));
    return { userId, sent };
  },
);
