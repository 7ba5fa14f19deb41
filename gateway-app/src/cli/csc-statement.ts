import { type BilledTransaction } from '../rpc';
import { type Program } from './command';
import { withExamples } from './defaults';
import { type ExitCode, type Io } from './io';

interface StatementOptions {
  readonly config: string;
  readonly month?: string;
}

interface CustomerSum {
  readonly customer: string;
  readonly currency: string;
  transactions: number;
  energyWh: number;
  billedMinor: number;
  settledMinor: number;
}

/** `csc statement`: monthly bills, a sum for each customer; with --json every transaction too. */
export function registerCscStatement(csc: Program): void {
  csc.verb<StatementOptions>(
    'statement',
    'what the running centre billed and settled, by customer; exit 1 if a record is disputed',
    (command) =>
      withExamples(
        command
          .requiredOption('--config <file>', 'config.json of the centre')
          .option('--month <yyyy-mm>', "transactions that ended in this month by the tariff's clocks (default: all)"),
        './chargecast csc statement --config .chargecast/replay/roles/csc1/config.json --month 2019-01',
      ),
    statement,
  );
}

async function statement(io: Io, { config: file, month = '' }: StatementOptions): Promise<ExitCode> {
  const { cscConfigSchema } = await import('../csc/index.js');
  const { client } = await import('../rpc/index.js');
  const { prepareProcess } = await import('../holder/index.js');
  const { config, tls } = await prepareProcess(file, cscConfigSchema);
  const csc = client('Csc', config.listen, tls, { serverName: config.name });
  try {
    const { transactions } = await csc.statement({ month });
    const customers = sums(transactions);
    for (const { customer, currency, ...sum } of customers) {
      const { transactions: count, energyWh, billedMinor, settledMinor } = sum;
      io.line(
        `${customer}  ${count} transactions  ${energyWh} Wh  billed ${billedMinor} ${currency} minor units, settled ${settledMinor}`,
      );
    }
    if (customers.length === 0) io.line(`nothing is billed${month === '' ? ' yet' : ` of ${month}`}`);
    const disputed = transactions.filter(({ state }) => state === 'disputed');
    for (const { transaction, code } of disputed) io.line(`${transaction}  disputed: ${code}`);
    io.result({ month, customers, transactions });
    return disputed.length === 0 ? 0 : 1;
  } finally {
    csc.close();
  }
}

function sums(transactions: readonly BilledTransaction[]): CustomerSum[] {
  const byCustomer = new Map<string, CustomerSum>();
  for (const { customer, bill, settledMinor } of transactions) {
    if (bill === '') continue;
    const { currency, energyWh, totalMinor } = JSON.parse(bill) as {
      readonly currency: string;
      readonly energyWh: number;
      readonly totalMinor: number;
    };
    const none = { customer, currency, transactions: 0, energyWh: 0, billedMinor: 0, settledMinor: 0 };
    const sum = byCustomer.get(customer) ?? none;
    sum.transactions += 1;
    sum.energyWh += energyWh;
    sum.billedMinor += totalMinor;
    sum.settledMinor += settledMinor;
    byCustomer.set(customer, sum);
  }
  return [...byCustomer.values()].sort((a, b) => (a.customer < b.customer ? -1 : 1));
}
