import { type ChargingSession } from './reader';

export interface PlacedSession extends ChargingSession {
  /** `<garage>-P<number>` */
  readonly pile: string;
}

interface Pile {
  readonly name: string;
  freeAt: number;
  lastVehicle: string;
}

/**
 * The published rows name a garage, not a pile. Sessions that overlap within a garage stand at different piles; a
 * vehicle takes the pile it used last if that one is free, else the one that has been free for longest, and a garage
 * has as many piles as that needs.
 *
 * @param sessions by start
 */
export function assignPiles(sessions: readonly ChargingSession[]): PlacedSession[] {
  const garages = new Map<string, Pile[]>();
  return sessions.map((session) => {
    const piles = garages.get(session.garage) ?? [];
    garages.set(session.garage, piles);
    const pile = choosePile(piles, session) ?? newPile(piles, session.garage);
    pile.freeAt = session.end;
    pile.lastVehicle = session.vehicle;
    return { ...session, pile: pile.name };
  });
}

function choosePile(piles: readonly Pile[], session: ChargingSession): Pile | undefined {
  const free = piles.filter(({ freeAt }) => freeAt <= session.start);
  const own = free.find(({ lastVehicle }) => lastVehicle === session.vehicle);
  return (
    own ?? free.reduce<Pile | undefined>((best, pile) => (best && best.freeAt <= pile.freeAt ? best : pile), undefined)
  );
}

function newPile(piles: Pile[], garage: string): Pile {
  const pile = { name: `${garage}-P${piles.length + 1}`, freeAt: 0, lastVehicle: '' };
  piles.push(pile);
  return pile;
}
