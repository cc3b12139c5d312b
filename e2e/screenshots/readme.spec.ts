// The README's screenshot: the conversations in progress of an agent in two teams.

import { expectLive } from "../fixtures/network.ts";
import { expect, test } from "../fixtures/test.ts";

test("the conversations in progress, for the README", async ({ page, server }) => {
  await page.setViewportSize({ width: 1280, height: 800 });
  await server.openAs(page, "bo", "/");
  await expect(page.getByRole("heading", { level: 2 })).toHaveText(["Collections", "Support"]);
  await expectLive(page);
  await page.screenshot({ path: "../docs/desk.png", animations: "disabled" });
});
