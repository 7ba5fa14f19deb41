import { type Browser } from 'playwright-core';

import { openBrowser, Visit } from './browser';
import { type ClientCertificate } from './site';

export interface ScreenSpec {
  /** As `operator/#/sessions`. */
  readonly place: string;
  readonly heading: string;
  /** Text that is there once real data is shown. */
  readonly shows: string | RegExp;
  /** Its picture in docs/images. */
  readonly picture?: string;
  /** Pattern of the list it asks for: it is also shown empty and refused. */
  readonly list?: string;
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

    describe.each(screens)('$place', ({ place, heading, shows, picture, list }) => {
      test('shows real data without a complaint, accessibly, also on a phone', async () => {
        await visit.open(place, heading);
        await visit.page.getByRole('main').getByText(shows).first().waitFor();
        expect(await visit.violations()).toEqual([]);
        expect(await visit.overhang()).toBeLessThanOrEqual(0);
        if (picture !== undefined) await visit.picture(picture);
        expect(visit.complaints).toEqual([]);
      });

      if (list === undefined) return;

      test('says what to do where there is nothing', async () => {
        await visit.answer(list, 200, { items: [], next: null });
        await visit.open(place, heading);
        await visit.page.locator('.notice.empty, .notice.good').first().waitFor();
        expect(await visit.violations()).toEqual([]);
        expect(visit.complaints).toEqual([]);
      });

      test('says what failed and what to do, and tries again', async () => {
        const detail = 'the store cannot be read now';
        await visit.answer(list, 503, { type: '/problems/E_BUSY', title: 'Busy', status: 503, code: 'E_BUSY', detail });
        await visit.open(place, heading);
        const alert = visit.page.getByRole('alert').first();
        await alert.getByText(detail).waitFor();
        await alert.getByText('E_BUSY').waitFor();
        expect(await visit.violations()).toEqual([]);
        await visit.page.unroute(list);
        await alert.getByRole('button', { name: 'Try again' }).click();
        await visit.page.getByRole('main').getByText(shows).first().waitFor();
      });
    });
  });
}
