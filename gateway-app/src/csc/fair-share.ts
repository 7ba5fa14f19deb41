/** A vehicle's wish for power, in whole watts. */
export interface PowerDemand {
  readonly id: string;
  /** What it can draw at most. */
  readonly maxW: number;
  /** Below this it cannot charge at all: IEC 61851 lets no less than 6 A be offered. */
  readonly minW: number;
}

/**
 * Shares a site's power by max-min fairness (Bertsekas and Gallager, Data Networks, 6.5.2): all limits rise together;
 * who has enough stops, and what it leaves goes to the others, so that nobody's share could grow but at the cost of one
 * that has no more. Where not all minima fit, the first in the list charge and the others pause, each in its turn: the
 * caller decides the order, for instance by who has waited longest.
 * @param siteW whole watts
 * @returns whole watts for each demand; their sum is at most `siteW`, and what rounding leaves goes to the first
 */
export function fairShare(siteW: number, demands: readonly PowerDemand[]): ReadonlyMap<string, number> {
  const limits = new Map(demands.map(({ id }) => [id, 0]));
  const served = admitted(siteW, demands);
  let left = siteW;
  for (const { id, minW } of served) {
    limits.set(id, minW);
    left -= minW;
  }
  raise(served, limits, left);
  return limits;
}

/** In their order, as far as the minima fit. */
function admitted(siteW: number, demands: readonly PowerDemand[]): readonly PowerDemand[] {
  let left = siteW;
  return demands.filter(({ minW, maxW }) => {
    if (maxW < minW || minW > left) return false;
    left -= minW;
    return true;
  });
}

/** Fills from the lowest level up: at each step those that stand lowest rise to the next level, or share what is left. */
function raise(served: readonly PowerDemand[], limits: Map<string, number>, watts: number): void {
  let left = watts;
  for (;;) {
    const open = served.filter(({ id, maxW }) => (limits.get(id) as number) < maxW);
    if (open.length === 0 || left <= 0) return;
    const level = Math.min(...open.map(({ id }) => limits.get(id) as number));
    const lowest = open.filter(({ id }) => limits.get(id) === level);
    const next = Math.min(
      ...lowest.map(({ maxW }) => maxW),
      ...open.map(({ id }) => limits.get(id) as number).filter((limit) => limit > level),
    );
    const step = Math.min(next - level, Math.floor(left / lowest.length));
    if (step === 0) {
      for (const { id } of lowest.slice(0, left)) limits.set(id, level + 1);
      return;
    }
    for (const { id } of lowest) limits.set(id, level + step);
    left -= step * lowest.length;
  }
}
