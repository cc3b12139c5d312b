// Every screen, opened once and looked at on a desk, on tablets, on a phone and on a small one, in light and in dark: axe finds nothing,
// and nothing is wider than the screen, so that nobody has to scroll sideways.

import type { Page } from "@playwright/test";

import { expectAccessible } from "../fixtures/axe.ts";
import { SCREENS } from "../fixtures/screens.ts";
import { expect, test } from "../fixtures/test.ts";

/** Widths, and whether axe looks at them as well: at 360 px it has nothing to find that it does not at 390. */
const WIDTHS: [width: number, axe: boolean][] = [
  [1440, true],
  [1024, false],
  [768, false],
  [390, true],
  [360, false],
];

for (const { name, open } of SCREENS) {
  test(`accessible, without sideways scrolling: ${name}`, async ({ page, context, desk, problems }) => {
    await open({ page, context, desk, problems });
    for (const [width, axe] of WIDTHS) {
      await page.setViewportSize({ width, height: 900 });
      await test.step(`${width} px`, () => expectToFit(page, width));
      for (const colorScheme of axe ? (["light", "dark"] as const) : []) {
        await page.emulateMedia({ colorScheme });
        await test.step(`${colorScheme}, ${width} px`, () => expectAccessible(page));
      }
    }
  });
}

async function expectToFit(page: Page, width: number): Promise<void> {
  const wider = await page.evaluate(() => {
    const html = document.documentElement;
    const out = (element: Element) => element.getBoundingClientRect().right > html.clientWidth + 1;
    // Named, so that whoever reads the failure knows where to look.
    const culprits = html.scrollWidth > html.clientWidth ? [...document.body.querySelectorAll("*")].filter(out) : [];
    return culprits.map((element) => `${element.tagName.toLowerCase()}.${element.className}`);
  });
  expect(wider, `wider than ${width} px`).toEqual([]);
}
