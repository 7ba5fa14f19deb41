export { type Billed, billOf, recompute, rfc3339 } from './bill';
export { type StatedBill, type Verdict, verdicts } from './dispute';
export { type Price, priceOf } from './price';
export { parseTariff, readTariff, type Tariff, tariffDigest, type TariffPeriod, tariffSchema } from './tariff';
