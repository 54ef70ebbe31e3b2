import { FatalError, step, workflow } from 'pyworkflow';

export interface Order {
  orderId: string;
  /** Default 99.99. */
  amount?: number;
}

// A step is the unit that is never done twice: its result is on disk before the next one starts.
const validateOrder = step({ name: 'validateOrder' }, async (order: Order | undefined) => {
  if (!order?.orderId) throw new FatalError('An order needs an orderId: --arg orderId=ORD-1');
  return { orderId: String(order.orderId), amount: order.amount ?? 99.99 };
});

// A failure is tried again, five times here, after 1, 2, 4 … seconds.
const processPayment = step(
  { name: 'processPayment', maxRetries: 5, timeout: '30s' },
  async (orderId: string, amount: number) => ({ paymentId: `PAY-${orderId}`, amount }),
);

const updateInventory = step({ name: 'updateInventory' }, async (orderId: string) => ({
  orderId,
  reserved: true,
}));

export const processOrder = workflow(
  {
    name: 'processOrder',
    description: 'Validates, charges and reserves an order',
    tags: ['orders'],
  },
  async (input: Order) => {
    const order = await validateOrder(input);
    const payment = await processPayment(order.orderId, order.amount);
    const inventory = await updateInventory(order.orderId);
    return { orderId: order.orderId, status: 'completed', payment, inventory };
  },
);
