// Pictures of a screen in both languages, both colours and both widths, kept in tests/e2e/results.

import { assertAccessible, DESKTOP, PHONE } from "./harness.mjs";

/**
 * Takes the pictures of the screen that is shown, and lets axe look at each. The language changes by a reload, as on a
 * return to the page.
 *
 * @param {import("playwright-core").Locator} ready what has to be there before a picture is taken
 * @param {object} [options] of the browser's screenshots
 */
export async function pictures(browser, page, name, ready, options = {}) {
  const before = await page.evaluate(() => localStorage.getItem("kuvert-language"));
  for (const language of ["de", "en"]) {
    await page.evaluate((tag) => localStorage.setItem("kuvert-language", tag), language);
    await page.reload();
    for (const [width, viewport] of [[390, PHONE], [1440, DESKTOP]]) {
      await page.setViewportSize(viewport);
      await ready.first().waitFor();
      for (const colorScheme of ["light", "dark"]) {
        await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
        await assertAccessible(page);
        await browser.screenshot(page, `${name}-${language}-${colorScheme}-${width}`, options);
      }
    }
  }
  await page.evaluate((tag) => {
    if (tag) localStorage.setItem("kuvert-language", tag);
    else localStorage.removeItem("kuvert-language");
  }, before);
  await page.reload();
  await page.setViewportSize(DESKTOP);
}
