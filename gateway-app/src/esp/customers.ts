import { access } from 'node:fs/promises';
import { z } from 'zod';
import { validate } from '../common/config';
import { CodedError } from '../common/errors';
import { readFileCoded } from '../common/files';
import { type Store } from '../store';
import { type Customer, customerSchema } from './config';

/** Contract ↔ vehicle, sealed, keys hidden: who is whose customer stands nowhere else. */
export class Customers {
  readonly #byVehicle: Store;
  readonly #byContract: Store;

  constructor(store: Store) {
    this.#byVehicle = store.sub('vehicles', { hiddenKeys: true });
    this.#byContract = store.sub('contracts', { hiddenKeys: true });
  }

  /** @param vehicle `process` or `process/unit`, as the caller's certificate and request have it */
  async contractOf(vehicle: string): Promise<string | undefined> {
    return text(await this.#byVehicle.get(vehicle));
  }

  /** @throws CodedError E_CUSTOMER_CONFLICT if a contract or a vehicle is bound otherwise already */
  async add(customers: readonly Customer[]): Promise<void> {
    const batch = this.#byVehicle.batch();
    for (const { contract, ...names } of customers) {
      const vehicle = fullName(names);
      const [boundVehicle, boundContract] = [
        text(await this.#byContract.get(contract)),
        await this.contractOf(vehicle),
      ];
      if ((boundVehicle ?? vehicle) !== vehicle || (boundContract ?? contract) !== contract) {
        throw new CodedError(
          'E_CUSTOMER_CONFLICT',
          'a contract or vehicle of the list is bound otherwise; end that contract first',
        );
      }
      if (boundVehicle !== undefined) continue;
      batch.put(this.#byVehicle, vehicle, Buffer.from(contract)).put(this.#byContract, contract, Buffer.from(vehicle));
    }
    if (batch.size > 0) await batch.commit();
  }
}

/**
 * Customers of the configuration and of its file; a file that is gone was brought in before.
 * @throws CodedError E_CONFIG_SYNTAX, E_CONFIG_INVALID, E_CUSTOMER_CONFLICT if the lists contradict themselves
 */
export async function listedCustomers(inline: readonly Customer[], file: string | undefined): Promise<Customer[]> {
  const listed = [...inline, ...(file !== undefined && (await exists(file)) ? await readCustomers(file) : [])];
  const contracts = new Set(listed.map(({ contract }) => contract));
  const vehicles = new Set(listed.map(fullName));
  if (contracts.size !== listed.length || vehicles.size !== listed.length) {
    throw new CodedError('E_CUSTOMER_CONFLICT', 'a contract or vehicle is listed twice; each belongs to one customer');
  }
  return listed;
}

async function readCustomers(file: string): Promise<Customer[]> {
  let value: unknown;
  try {
    value = JSON.parse((await readFileCoded(file)).toString('utf8'));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new CodedError('E_CONFIG_SYNTAX', `${file} is not JSON; write a list of {contract, vehicle}`);
  }
  return validate(z.array(customerSchema), value, `the customer list ${file}`);
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

const fullName = ({ vehicle, process }: Omit<Customer, 'contract'>): string =>
  process === undefined ? vehicle : `${process}/${vehicle}`;

const text = (bytes: Uint8Array | undefined): string | undefined => bytes && Buffer.from(bytes).toString('utf8');
