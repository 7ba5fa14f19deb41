import type { MeterValue, SampledValue, SignedMeterValue } from './messages';

/** What a station's meter showed at one moment. */
export interface Reading {
  /** RFC 3339. */
  readonly at: string;
  /** Whole Wh taken from the grid, by the register. */
  readonly importWh?: number;
  /** Whole Wh given back to the grid, by the register. */
  readonly exportWh?: number;
  /** Momentary power drawn, W; negative when discharging. */
  readonly powerW?: number;
  readonly signed?: SignedMeterValue;
}

const IMPORT = 'Energy.Active.Import.Register';
const EXPORT = 'Energy.Active.Export.Register';

/** One reading for each meter value, in order. Values of single phases are left out: the registers are sums. */
export function readingsOf(meterValues: readonly MeterValue[] = []): Reading[] {
  return meterValues.map(({ timestamp, sampledValue }) => {
    const importWh = whole(valueOf(sampledValue, IMPORT));
    const exportWh = whole(valueOf(sampledValue, EXPORT));
    const drawn = valueOf(sampledValue, 'Power.Active.Import');
    const given = valueOf(sampledValue, 'Power.Active.Export');
    const signed = sampledValue.find(({ signedMeterValue }) => signedMeterValue !== undefined)?.signedMeterValue;
    return {
      at: timestamp,
      ...(importWh === undefined ? {} : { importWh }),
      ...(exportWh === undefined ? {} : { exportWh }),
      ...(drawn === undefined && given === undefined ? {} : { powerW: (drawn ?? 0) - (given ?? 0) }),
      ...(signed === undefined ? {} : { signed }),
    };
  });
}

/** In base units: Wh or W. */
function valueOf(sampled: readonly SampledValue[], measurand: string): number | undefined {
  const found = sampled.find((each) => (each.measurand ?? IMPORT) === measurand && each.phase === undefined);
  if (found === undefined) return undefined;
  const { unit = 'Wh', multiplier = 0 } = found.unitOfMeasure ?? {};
  return found.value * 10 ** (multiplier + (unit.startsWith('k') ? 3 : 0));
}

function whole(value: number | undefined): number | undefined {
  return value === undefined ? undefined : Math.round(value);
}
