import { type PileUse } from '../data-applications';
import { type Charging } from './charging';
import { type Directory } from './directory';

/** Beginning of a pile's name → district. */
export type Districts = Readonly<Record<string, string>>;

/** Every billed transaction whose customer and pile are known. */
export function* pileUses(
  charging: Pick<Charging, 'accounts' | 'customerOf'>,
  directory: Pick<Directory, 'pileOf'>,
  districts: Districts,
): Generator<PileUse> {
  for (const account of charging.accounts()) {
    const customer = charging.customerOf(account);
    const pile = directory.pileOf(account.pile);
    const { bill } = account;
    if (!bill || customer === undefined || pile === undefined) continue;
    yield {
      customer,
      district: districtOf(pile, districts),
      startedAt: Date.parse(bill.startedAt) / 1000,
      endedAt: Date.parse(bill.endedAt) / 1000,
      energyWh: bill.energyWh,
    };
  }
}

export const districtsOf = (directory: Pick<Directory, 'piles'>, districts: Districts): string[] => [
  ...new Set([...Object.values(districts), ...directory.piles().map((pile) => districtOf(pile, districts))]),
];

/**
 * The configured district, else what stands before the last hyphen of the pile's own name: `cp1/harbour-P3` is in harbour.
 * @param pile `process/pile`
 */
export function districtOf(pile: string, districts: Districts): string {
  const [longest] = Object.keys(districts)
    .filter((beginning) => pile.startsWith(beginning))
    .sort((a, b) => b.length - a.length);
  if (longest !== undefined) return districts[longest] as string;
  const name = pile.slice(pile.indexOf('/') + 1);
  const hyphen = name.lastIndexOf('-');
  return hyphen > 0 ? name.slice(0, hyphen) : name;
}
