import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

import { type ClientCertificate } from './site';

/** Rules of WCAG 2.x at A and AA; what axe calls serious or critical fails a test. */
const AXE_TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const PHONE = { width: 360, height: 740 };
const DESK = { width: 1280, height: 900 };
/** Lower than a desk: what pictures show fits beside text, and in less than 200 kB. */
const PICTURE = { width: 1280, height: 800 };
const REDRAWN_MS = 10_000;
const TAB_STOPS = 12;
const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

/** The Chromium that `npm run test:browser` found. */
export function openBrowser(): Promise<Browser> {
  const executablePath = process.env.CHROMIUM;
  if (executablePath === undefined) throw new Error('CHROMIUM names no browser: run npm run test:browser');
  // Chromium has no sandbox for root.
  return chromium.launch({ executablePath, chromiumSandbox: process.getuid?.() !== 0 });
}

/** A page of a service as one person sees it, and what its console said. */
export class Visit {
  readonly page: Page;
  readonly #context: BrowserContext;
  readonly #url: string;
  /** Errors of the console, violations of the content security policy, exceptions. */
  readonly complaints: string[] = [];

  private constructor(context: BrowserContext, page: Page, url: string) {
    this.#context = context;
    this.page = page;
    this.#url = url;
    page.on('console', (message) => {
      if (message.type() === 'error') this.complaints.push(message.text());
    });
    page.on('pageerror', (error) => this.complaints.push(String(error)));
  }

  /** @param url of the service, as `https://127.0.0.1:7000` */
  static async begin(browser: Browser, url: string, certificate: ClientCertificate): Promise<Visit> {
    const context = await browser.newContext({
      viewport: DESK,
      // The deployment's own authority is no browser's.
      ignoreHTTPSErrors: true,
      acceptDownloads: true,
      clientCertificates: [{ origin: new URL(url).origin, ...certificate }],
    });
    return new Visit(context, await context.newPage(), url);
  }

  /** Opens a screen and waits until it shows what it has. @param place as `operator/#/sessions` */
  async open(place: string, heading: string): Promise<void> {
    // A change of the fragment alone would not load the page anew.
    await this.page.goto('about:blank');
    await this.page.goto(`${this.#url}/${place}`);
    await this.settled(heading);
  }

  async settled(heading: string): Promise<void> {
    await this.page.getByRole('heading', { level: 1, name: heading, exact: true }).waitFor();
    // Not by waitForFunction, which the content security policy forbids.
    const busy = this.page.locator('[aria-busy=true]');
    while ((await busy.count()) > 0) await busy.first().waitFor({ state: 'detached' });
  }

  /** Violations of accessibility rules, in both colour schemes. */
  async violations(): Promise<string[]> {
    const found: string[] = [];
    for (const colorScheme of ['light', 'dark'] as const) {
      await this.page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await this.page.evaluate(AXE);
      const options = JSON.stringify({ runOnly: AXE_TAGS });
      const list = await this.page.evaluate<{ id: string; impact: string; nodes: { html: string }[] }[]>(
        `axe.run(document, ${options}).then(({ violations }) => violations)`,
      );
      const grave = list.filter(({ impact }) => impact === 'serious' || impact === 'critical');
      found.push(...grave.map(({ id, nodes }) => `${colorScheme}: ${id} at ${nodes[0]?.html}`));
    }
    await this.page.emulateMedia({ colorScheme: 'light' });
    return found;
  }

  /** Where the keyboard goes without saying so: of the first stops of the tabulator, those whose focus is not seen. */
  async unseenFocus(): Promise<string[]> {
    const unseen: string[] = [];
    for (let stop = 0; stop < TAB_STOPS; stop++) {
      await this.page.keyboard.press('Tab');
      const place = await this.page.evaluate<string>(`(() => {
        const at = document.activeElement;
        if (at === null || at === document.body) return '';
        const { outlineStyle, outlineWidth } = getComputedStyle(at);
        return outlineStyle !== 'none' && parseFloat(outlineWidth) > 0 ? '' : at.outerHTML.slice(0, 200);
      })()`);
      if (place !== '') unseen.push(`no visible focus: ${place}`);
    }
    return unseen;
  }

  /** Pixels by which the screen is wider than a phone. */
  async overhang(): Promise<number> {
    await this.page.setViewportSize(PHONE);
    // Charts follow the width a frame or more later.
    const frame = `new Promise((done) => requestAnimationFrame(() => done(document.documentElement.scrollWidth)))`;
    const deadline = Date.now() + REDRAWN_MS;
    let width: number;
    do width = await this.page.evaluate<number>(frame);
    while (width > PHONE.width && Date.now() < deadline);
    await this.page.setViewportSize(DESK);
    return width - PHONE.width;
  }

  /** Writes what docs show, when asked to. */
  async picture(name: string, size: 'desk' | 'phone' = 'desk'): Promise<void> {
    const folder = process.env.CHARGECAST_SCREENSHOTS;
    if (folder === undefined) return;
    mkdirSync(folder, { recursive: true });
    await this.page.setViewportSize(size === 'phone' ? PHONE : PICTURE);
    await this.page.evaluate('document.activeElement?.blur(), scrollTo(0, 0)');
    await this.page.screenshot({ path: path.join(folder, `${name}.png`), scale: 'css' });
    await this.page.setViewportSize(DESK);
  }

  /** What the service answers this person. */
  async read<T>(path: string): Promise<T> {
    const answer = await this.page.request.get(`${this.#url}${path}`);
    if (!answer.ok()) throw new Error(`${path} answered ${answer.status()}: ${await answer.text()}`);
    return (await answer.json()) as T;
  }

  /** Answers instead of the service, as where there is nothing yet or something fails. */
  async answer(pattern: string, status: number, body: unknown): Promise<void> {
    await this.page.route(pattern, (route) =>
      route.fulfill({
        status,
        contentType: status < 400 ? 'application/json' : 'application/problem+json',
        body: JSON.stringify(body),
      }),
    );
  }

  end(): Promise<void> {
    return this.#context.close();
  }
}
