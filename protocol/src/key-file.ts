import { canonicalJson, decodeJson, type Decoder, hex, object, oneOf } from './json';
import { decodeName } from './authority';

const FORMAT = 'chargecast-key/1';

/** An organisation's or provider's signing key on disk: mode 0600, outside any data folder. */
export interface KeyFile {
  readonly format: typeof FORMAT;
  /** MSP id or provider's name. */
  readonly name: string;
  /** Scalar, 32 bytes hex. */
  readonly secret: string;
  readonly publicKey: string;
}

const decoder: Decoder<KeyFile> = object<KeyFile>({
  format: oneOf(FORMAT),
  name: decodeName,
  secret: hex(32),
  publicKey: hex(32),
});

export const encodeKeyFile = (key: Omit<KeyFile, 'format'>): string =>
  `${canonicalJson({ format: FORMAT, name: key.name, secret: key.secret, publicKey: key.publicKey })}\n`;

/** Throws `E_DECODE`; no message quotes the file's content. */
export const decodeKeyFile = (source: string): KeyFile => decodeJson(source, decoder, 'key file');
