// No page is wider than its screen: nobody has to scroll sideways, from a small phone to a desk.

import { SCREENS } from "../fixtures/screens.ts";
import { expect, test } from "../fixtures/test.ts";

const WIDTHS = [360, 390, 1440];

for (const { name, open } of SCREENS) {
  test(`no sideways scrolling: ${name}`, async ({ page, context, desk, problems }) => {
    await open({ page, context, desk, problems });
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 800 });
      const wider = await page.evaluate(() => {
        const html = document.documentElement;
        const out = (element: Element) => element.getBoundingClientRect().right > html.clientWidth + 1;
        // Named, so that whoever reads the failure knows where to look.
        const culprits =
          html.scrollWidth > html.clientWidth ? [...document.body.querySelectorAll("*")].filter(out) : [];
        return culprits.map((element) => `${element.tagName.toLowerCase()}.${element.className}`);
      });
      expect(wider, `wider than ${width} px`).toEqual([]);
    }
  });
}
