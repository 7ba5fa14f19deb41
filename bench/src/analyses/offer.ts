export interface OfferedLoad {
  readonly perSecond: number;
  readonly seconds: number;
  /** Takes `count` more; each promise tells how many of them got so far. */
  readonly offer: (count: number) => { readonly accepted: Promise<number>; readonly processed: Promise<number> };
}

export interface Answered {
  /** While it was offered. */
  readonly accepted: number;
  readonly processed: number;
  /** Resolves when all of it was processed. */
  readonly drained: Promise<void>;
}

const TICK_MS = 100;

/** Offers at a rate that does not wait for answers, and counts what came back meanwhile. @throws what an offer rejects with */
export async function offerSteadily({ perSecond, seconds, offer }: OfferedLoad): Promise<Answered> {
  const counts = { accepted: 0, processed: 0 };
  const total = perSecond * seconds;
  const started = performance.now();
  const elapsed = (): number => performance.now() - started;
  const underWay: Promise<void>[] = [];
  let open = true;
  const counted = async (which: keyof typeof counts, count: Promise<number>): Promise<void> => {
    const answered = await count;
    if (open) counts[which] += answered;
  };
  let offered = 0;
  while (offered < total) {
    const due = Math.min(total, Math.floor((perSecond * (elapsed() + TICK_MS)) / 1000)) - offered;
    if (due > 0) {
      const { accepted, processed } = offer(due);
      const both = [counted('accepted', accepted), counted('processed', processed)];
      // Who waits for `drained` hears of it.
      for (const each of both) each.catch(() => undefined);
      underWay.push(...both);
      offered += due;
    }
    await pause(TICK_MS - (elapsed() % TICK_MS));
  }
  await pause(seconds * 1000 - elapsed());
  open = false;
  const drained = Promise.all(underWay).then(() => undefined);
  return { ...counts, drained };
}

const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, Math.max(0, milliseconds)));
