import { parseTariff, type Tariff } from '../pricing';

/** One rate at all hours, a fee a session, tax on top. */
export const DEMO_TARIFF: Tariff = parseTariff({
  id: 'demo',
  currency: 'NOK',
  zone: 'Europe/Oslo',
  perMwh: 196_000,
  perSession: 400,
  taxPercent: 25,
});
