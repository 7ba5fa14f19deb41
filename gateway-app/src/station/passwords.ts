import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { join } from 'node:path';

import { CodedError, codeOf } from '../common/errors';
import { privateDirectory, readSecretFile, writePrivateFile } from '../common/files';

/** OCPP 2.0.1 BasicAuthPassword: 16 to 40 characters; 24 random bytes in base64url are 32. */
const PASSWORD_BYTES = 24;
const PASSWORD = /^[\x21-\x7e]{16,40}$/;

/**
 * The passwords stations log on with (OCPP security profile 1), each in a file of its own, `<pile>.password`, readable
 * by its owner alone. The file is what is handed to the station's operator.
 */
export class StationPasswords {
  readonly #byPile: ReadonlyMap<string, Buffer>;

  private constructor(byPile: ReadonlyMap<string, Buffer>) {
    this.#byPile = byPile;
  }

  /**
   * Makes a password for every pile that has none.
   * @throws CodedError E_STATION_PASSWORD for a file that holds no password
   */
  static async load(directory: string, piles: readonly string[]): Promise<StationPasswords> {
    await privateDirectory(directory);
    const byPile = new Map<string, Buffer>();
    for (const pile of piles) byPile.set(pile, digest(await readOrMake(directory, pile)));
    return new StationPasswords(byPile);
  }

  /** In time that tells nothing of the password. */
  matches(pile: string, password: Uint8Array | undefined): boolean {
    const expected = this.#byPile.get(pile);
    return expected !== undefined && password !== undefined && timingSafeEqual(expected, digest(password));
  }
}

/** Where a pile's password lies. */
export function passwordFile(directory: string, pile: string): string {
  return join(directory, `${pile}.password`);
}

/** @throws CodedError E_FILE_MISSING, E_KEY_FILE_MODE, E_STATION_PASSWORD */
export async function readPassword(directory: string, pile: string): Promise<string> {
  const file = passwordFile(directory, pile);
  const password = (await readSecretFile(file)).toString('utf8').trim();
  if (!PASSWORD.test(password)) {
    throw new CodedError(
      'E_STATION_PASSWORD',
      `${file} must hold 16 to 40 printable characters; delete it to have one made`,
    );
  }
  return password;
}

async function readOrMake(directory: string, pile: string): Promise<Buffer> {
  try {
    return Buffer.from(await readPassword(directory, pile));
  } catch (error) {
    if (codeOf(error) !== 'E_FILE_MISSING') throw error;
    const made = randomBytes(PASSWORD_BYTES).toString('base64url');
    await writePrivateFile(passwordFile(directory, pile), `${made}\n`);
    return Buffer.from(made);
  }
}

function digest(password: Uint8Array): Buffer {
  return createHash('sha256').update(password).digest();
}
