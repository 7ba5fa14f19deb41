const stamp = new Intl.DateTimeFormat('en-GB', {
  year: 'numeric',
  month: 'short',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  timeZone: 'UTC',
});
const grouped = new Intl.NumberFormat('en-GB');

/** @param time RFC 3339, or Unix seconds */
export function formatTime(time: string | number): string {
  const date = new Date(typeof time === 'number' ? time * 1000 : time);
  return Number.isNaN(date.getTime()) ? String(time) : `${stamp.format(date)} UTC`;
}

/** As `3 s`, `12 min`, `4 h`, `9 days`; of a whole number of seconds. */
export function formatAge(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 120) return `${whole} s`;
  if (whole < 7200) return `${Math.round(whole / 60)} min`;
  if (whole < 172_800) return `${Math.round(whole / 3600)} h`;
  return `${Math.round(whole / 86_400)} days`;
}

export const formatCount = (count: number): string => grouped.format(count);

/** @param minor hundredths of the currency's unit */
export const formatMoney = (minor: number, currency: string): string => `${(minor / 100).toFixed(2)} ${currency}`;

/** @param wattHours shown in kWh */
export const formatEnergy = (wattHours: number): string => `${(wattHours / 1000).toFixed(3)} kWh`;

export const formatBytes = (bytes: number): string =>
  bytes < 10_000 ? `${grouped.format(bytes)} B` : `${grouped.format(Math.round(bytes / 1024))} KiB`;
