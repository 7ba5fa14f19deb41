import { type Browser } from 'playwright-core';

import { openBrowser, Visit } from './browser';
import { type ClientCertificate } from './site';

export interface ScreenSpec {
  /** As `operator/#/sessions`; `{name:7}` is the first 7 characters of that member of what {@link first} answers. */
  readonly place: string;
  /** A list whose first item is looked at, as `/v1/sessions?state=settled`. */
  readonly first?: string;
  readonly heading: string;
  /** Text that is there once real data is shown. */
  readonly shows: string | RegExp;
  /** Its picture in docs/images. */
  readonly picture?: string;
  /** Pattern of the list it asks for: it is also shown empty and refused. */
  readonly list?: string;
  /** Pattern of what it asks for, where that is no list: it is also shown refused. */
  readonly asks?: string;
}

/** What every screen promises where its service fails: what failed, what to do, and that one may try again. */
export async function showsFailure(
  visit: Visit,
  { place, heading, shows }: Pick<ScreenSpec, 'place' | 'heading' | 'shows'>,
  pattern: string,
): Promise<void> {
  const detail = 'the store cannot be read now';
  await visit.answer(pattern, 503, { type: '/problems/E_BUSY', title: 'Busy', status: 503, code: 'E_BUSY', detail });
  await visit.open(place, heading);
  const alert = visit.page.getByRole('alert').first();
  await alert.getByText(detail).waitFor();
  await alert.getByText('E_BUSY').waitFor();
  expect(await visit.violations()).toEqual([]);
  await visit.page.unroute(pattern);
  await alert.getByRole('button', { name: 'Try again' }).click();
  await visit.page.getByRole('main').getByText(shows).first().waitFor();
  // The browser itself reports the refusal.
  const others = visit.complaints.splice(0).filter((complaint) => !complaint.includes('503'));
  expect(others).toEqual([]);
}

/** The place with what the service's first item says. */
async function placeOf(visit: Visit, { place, first }: ScreenSpec): Promise<string> {
  if (first === undefined) return place;
  const { items } = await visit.read<{ items: Record<string, unknown>[] }>(first);
  return place.replace(/\{(\w+)(?::(\d+))?\}/g, (_, name: string, length?: string) =>
    String(items[0]?.[name]).slice(0, length === undefined ? undefined : Number(length)),
  );
}

/** Checks every screen of a page in the browser: what all of them promise. */
export function describeScreens(
  title: string,
  who: () => { readonly url: string; readonly certificate: ClientCertificate },
  screens: readonly ScreenSpec[],
): void {
  describe(title, () => {
    let browser: Browser;
    let visit: Visit;
    beforeAll(async () => {
      browser = await openBrowser();
    });
    afterAll(() => browser?.close());
    beforeEach(async () => {
      const { url, certificate } = who();
      visit = await Visit.begin(browser, url, certificate);
    });
    afterEach(() => visit?.end());

    describe.each(screens)('$place', (screen) => {
      const { heading, shows, picture, list, asks = list } = screen;
      let place: string;
      beforeEach(async () => {
        place = await placeOf(visit, screen);
      });

      test('shows real data without a complaint, accessibly, also on a phone', async () => {
        await visit.open(place, heading);
        await visit.page.getByRole('main').getByText(shows).first().waitFor();
        expect(await visit.violations()).toEqual([]);
        expect(await visit.unseenFocus()).toEqual([]);
        expect(await visit.overhang()).toBeLessThanOrEqual(0);
        if (picture !== undefined) await visit.picture(picture);
        expect(visit.complaints).toEqual([]);
      });

      if (list !== undefined) {
        test('says what to do where there is nothing', async () => {
          await visit.answer(list, 200, { items: [], next: null });
          await visit.open(place, heading);
          await visit.page.locator('.notice.empty, .notice.good').first().waitFor();
          expect(await visit.violations()).toEqual([]);
          expect(visit.complaints).toEqual([]);
        });
      }

      if (asks !== undefined) {
        test('says what failed and what to do, and tries again', () =>
          showsFailure(visit, { place, heading, shows }, asks));
      }
    });
  });
}
