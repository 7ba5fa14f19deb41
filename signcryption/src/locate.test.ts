import fc from 'fast-check';
import { compareAt, concat } from './bytes';
import { LocatorIndex } from './locate';
import { decodeSigma, encodeSigma, type Header, type Sigma } from './wire';

const header: Header = {
  version: 1,
  suite: 1,
  ctx: new Uint8Array(32),
  limitsVersion: 1,
  epoch: 1,
  senderClass: 4,
  notAfter: 900,
  ephemeral: new Uint8Array(32),
  oneTimeKey: new Uint8Array(32),
  certificate: new Uint8Array(64),
  commitment: new Uint8Array(32),
  entryCount: 1,
  entryLength: 100,
};

function sigmaWith(locators: readonly Uint8Array[]): Sigma {
  const sorted = [...locators].sort((a, b) => compareAt(a, 0, b, 0, 32));
  return decodeSigma(
    encodeSigma({
      header: { ...header, entryCount: sorted.length },
      body: concat(...sorted.map((locator) => concat(locator, new Uint8Array(68)))),
      sealedSender: new Uint8Array(96),
      signature: new Uint8Array(64),
    }),
  );
}

const at = ({ body }: Sigma, index: number): Uint8Array => body.slice(index * 100, index * 100 + 32);

describe('LocatorIndex', () => {
  const locator = fc.uint8Array({ minLength: 32, maxLength: 32 });
  const clustered = fc.tuple(fc.constantFrom(0, 1, 255), locator).map(([first, rest]) => {
    const ground = Uint8Array.from(rest);
    ground.set([first, 0, 0, 0]);
    return ground;
  });

  it('finds every entry where it stands and nothing else, also when a sender ground its locators', () => {
    const list = fc.uniqueArray(fc.oneof(locator, clustered), {
      minLength: 1,
      maxLength: 60,
      selector: (bytes) => bytes.join(),
    });
    fc.assert(
      fc.property(list, locator, (locators, stranger) => {
        const sigma = sigmaWith(locators);
        const index = new LocatorIndex(sigma);
        for (let i = 0; i < sigma.header.entryCount; i++) expect(index.find(at(sigma, i))).toBe(i);
        const listed = locators.some((each) => compareAt(each, 0, stranger, 0, 32) === 0);
        if (!listed) expect(index.find(stranger)).toBeUndefined();
      }),
      { numRuns: 150 },
    );
  });

  it('works at the format’s largest count', () => {
    const locators = Array.from({ length: 8192 }, (_, i) => Uint8Array.of(i & 255, 7, i >> 8, ...new Uint8Array(29)));
    const sigma = sigmaWith(locators);
    const index = new LocatorIndex(sigma);
    for (const i of [0, 1, 4095, 8190, 8191]) expect(index.find(at(sigma, i))).toBe(i);
    expect(index.find(new Uint8Array(32).fill(255))).toBeUndefined();
  });
});
