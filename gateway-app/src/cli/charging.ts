import { type Register } from './command';
import { withExamples } from './defaults';
import { MisuseError } from './io';

interface RecomputeOptions {
  readonly tariff: string;
  readonly records: string;
  readonly statement: string;
  readonly transaction?: string;
}

export const registerCharging: Register = (program) => {
  const charging = program.group('charging', 'charging records, and what they cost');
  charging.verb<RecomputeOptions>(
    'recompute',
    'each stated bill against its charging record and the tariff, nothing else; exit 1 unless all are the same',
    (command) =>
      withExamples(
        command
          .requiredOption('--tariff <file>', 'the tariff both sides name')
          .requiredOption('--records <file>', 'JSON list of charging records as they stand on the data chain')
          .requiredOption('--statement <file>', 'JSON list of transactions as a centre states them: bill and salt')
          .option('--transaction <id>', 'only this one'),
        './chargecast charging recompute --tariff .chargecast/replay/tariff.json --records .chargecast/replay/records.json --statement .chargecast/replay/statement.json',
      ),
    async (io, { tariff: tariffFile, records: recordsFile, statement, transaction }) => {
      const { array, decodeChargingRecordEntry } = await import('@chargecast/protocol');
      const { checkBill } = await import('../ocpp/index.js');
      const { readTariff, verdicts } = await import('../pricing/index.js');
      const tariff = await readTariff(tariffFile);
      const records = array(decodeChargingRecordEntry, Number.MAX_SAFE_INTEGER)(await readJson(recordsFile), 'records');
      const stated = (await readStatement(statement))
        .filter((each) => each.bill !== '' && (transaction === undefined || each.transaction === transaction))
        .map(({ bill, ...each }) => ({ ...each, bill: checkBill(JSON.parse(bill)) }));
      if (stated.length === 0) throw new MisuseError('E_STATEMENT_EMPTY', `${statement} states no such bill`);
      const all = verdicts(tariff, records, stated);
      const faults = all.filter(({ code }) => code !== undefined);
      for (const { transaction: id, statedMinor, recomputedMinor, code } of faults) {
        io.line(`${id}  ${code}  stated ${statedMinor}, recomputed ${recomputedMinor ?? 'not'}`);
      }
      const sum = (member: 'statedMinor' | 'recomputedMinor'): number =>
        all.reduce((total, each) => total + (each[member] ?? 0), 0);
      const [statedMinor, recomputedMinor] = [sum('statedMinor'), sum('recomputedMinor')];
      io.line(`${all.length} bills, ${faults.length} not as record and tariff say`);
      io.line(`stated ${statedMinor}, recomputed ${recomputedMinor} minor units of ${tariff.currency}`);
      io.result({ bills: all.length, statedMinor, recomputedMinor, faults });
      return faults.length === 0 ? 0 : 1;
    },
  );
};

async function readStatement(file: string): Promise<{ transaction: string; bill: string; salt: string }[]> {
  const { validate } = await import('../common/config.js');
  const { z } = await import('zod');
  const shape = z.array(z.object({ transaction: z.string(), bill: z.string(), salt: z.string() }));
  return validate(shape, await readJson(file), `the statement ${file}`);
}

async function readJson(file: string): Promise<unknown> {
  const { readFileCoded } = await import('../common/files.js');
  try {
    return JSON.parse((await readFileCoded(file)).toString('utf8'));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new MisuseError('E_CONFIG_SYNTAX', `${file} is not JSON; give what the replay or the centre wrote`);
  }
}
