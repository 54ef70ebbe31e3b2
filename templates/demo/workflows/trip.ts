import { appendFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { sleep, step, workflow } from 'pyworkflow';

/** Where the steps count themselves: a line when one begins and a line when it is done. */
interface Trip {
  city: string;
  logFile: string;
}

function countedStep(name: string, milliseconds: number) {
  return step({ name }, async ({ city, logFile }: Trip) => {
    appendFileSync(logFile, `begin ${name} ${process.pid}\n`);
    await pause(milliseconds);
    appendFileSync(logFile, `end ${name} ${process.pid}\n`);
    return `${name} for ${city}`;
  });
}

const reserveFlight = countedStep('reserveFlight', 300);
const reserveHotel = countedStep('reserveHotel', 300);
const chargeCard = countedStep('chargeCard', 1200);
const sendTickets = countedStep('sendTickets', 300);

export const bookTrip = workflow({ name: 'bookTrip' }, async (trip: Trip) => {
  const bookings = [await reserveFlight(trip), await reserveHotel(trip)];
  bookings.push(await chargeCard(trip));
  await sleep('500ms');
  bookings.push(await sendTickets(trip));
  return bookings;
});
