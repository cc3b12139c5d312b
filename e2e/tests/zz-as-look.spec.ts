import { openNewConversation } from "../fixtures/conversation.ts";
import { rows } from "../fixtures/lists.ts";
import { expect, test } from "../fixtures/test.ts";

for (const [width, height] of [[1440, 900], [390, 844]] as const) {
  for (const scheme of ["light", "dark"] as const) {
    test(`look ${width} ${scheme}`, async ({ page, server }) => {
      await page.setViewportSize({ width, height });
      await page.emulateMedia({ colorScheme: scheme });
      const { id } = await openNewConversation(page, server);
      const name = (what: string) => ({ path: `/tmp/as-shots/${what}-${width}-${scheme}.png` });
      await page.screenshot(name("free"));
      const bo = await server.apiAs("bo");
      await bo.take(id, "She asked for you, and pays on Friday.");
      await expect(page.getByRole("note")).toBeVisible();
      await page.screenshot(name("held"));
      await page.getByRole("button", { name: "Give", exact: true }).click();
      await expect(page.getByRole("dialog").getByRole("option", { name: "Ann" })).toHaveCount(1);
      await page.screenshot(name("give"));
      await server.openAs(page, "bo", "/");
      await expect(rows(page).first()).toBeVisible();
      await page.screenshot(name("queue"));
      await page.getByRole("button", { name: /^Mine/ }).first().click();
      await expect(page.getByRole("button", { name: /^Mine/ }).first()).toHaveAttribute("aria-pressed", "true");
      await page.mouse.move(5, 5);
      await page.screenshot(name("mine"));
    });
  }
}
