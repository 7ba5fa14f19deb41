/** `bench crypto`: what the scheme costs. */
import { ready } from '@chargecast/signcryption';
import {
  checkingCases,
  comparedCases,
  coreCases,
  env,
  growthCases,
  locateCases,
  RECEIVERS,
  standardCases,
} from './cases';
import { createFixture } from './fixture';
import { measureLeakage } from './leakage';
import { Measurements } from './measure';
import { type CryptoResults, summarise } from './results';

/** Rounds before those that count: V8 optimises what signcrypt is made of after thousands of entries, and again later. */
const COMPILED = 15;

/** Runs for up to a minute on a machine that does nothing else; prints and writes nothing. */
export async function benchCrypto(): Promise<CryptoResults> {
  await ready();
  const fixture = await createFixture(Math.max(...RECEIVERS));
  return summarise({
    core: await Measurements.run(coreCases(fixture), 31, COMPILED),
    standard: await Measurements.run(standardCases(fixture), 31, COMPILED),
    growth: await Measurements.run(growthCases(fixture), 7),
    small: await Measurements.run(await checkingCases(fixture), 41),
    locate: await Measurements.run(await locateCases(fixture), 101, 10),
    compared: await Measurements.run(await comparedCases(fixture), 11),
    leakage: measureLeakage(fixture, await fixture.seal(env, 1)),
  });
}
