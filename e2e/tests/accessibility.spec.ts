// axe finds nothing on any screen, in the light and the dark theme, on a desk and on a phone.

import { expectAccessible } from "../fixtures/axe.ts";
import { SCREENS } from "../fixtures/screens.ts";
import { test } from "../fixtures/test.ts";

for (const { name, open } of SCREENS) {
  test(`axe finds nothing: ${name}`, async ({ page, context, desk, problems }) => {
    await open({ page, context, desk, problems });
    for (const width of [1440, 390]) {
      await page.setViewportSize({ width, height: 900 });
      for (const colorScheme of ["light", "dark"] as const) {
        await page.emulateMedia({ colorScheme });
        await test.step(`${colorScheme}, ${width} px`, () => expectAccessible(page));
      }
    }
  });
}
