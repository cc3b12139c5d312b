// Every screen at the widths of desktops, tablets and phones, in light and dark mode: axe finds no violation, and no
// element is wider than the window, which would need horizontal scrolling.

import type { Page } from "@playwright/test";

import { expectAccessible } from "../fixtures/axe.ts";
import { SCREENS } from "../fixtures/screens.ts";
import { expect, test } from "../fixtures/test.ts";

/** Widths, and whether axe checks them too. Between 360 and 390 px, nothing that axe checks differs. */
const WIDTHS: [width: number, axe: boolean][] = [
  [1440, true],
  [1024, false],
  [768, false],
  [390, true],
  [360, false],
];

for (const { name, open } of SCREENS) {
  test(`the screen is accessible and fits every width: ${name}`, async ({ page, server, browserErrors }) => {
    await open({ page, server, browserErrors });
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
    // What only screen readers read is clipped.
    const isOutside = (element: Element) =>
      element.getBoundingClientRect().right > html.clientWidth + 1 && !element.closest(".sr-only");
    const outside =
      html.scrollWidth > html.clientWidth ? [...document.body.querySelectorAll("*")].filter(isOutside) : [];
    return outside.map((element) => `${element.tagName.toLowerCase()}.${element.className}`);
  });
  expect(wider, `wider than ${width} px`).toEqual([]);
}
