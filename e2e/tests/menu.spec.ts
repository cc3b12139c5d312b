// The main menu, and the links to the settings in it.

import { openSettings } from "../fixtures/menu.ts";
import { expect, test } from "../fixtures/test.ts";

test("the links to the settings are hidden by Escape, by a link and by Back, and the button marks their pages", async ({
  page,
  server,
}) => {
  await server.openAs(page, "supervisor", "/");
  const button = page.getByRole("button", { name: "Settings" });
  const link = page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Tags" });
  await expect(link).toBeHidden();
  await button.focus();
  await page.keyboard.press("Enter");
  await expect(link).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(link).toBeHidden();
  await expect(button).toBeFocused();
  await expect(button).not.toHaveAttribute("aria-current");

  await openSettings(page, "Tags");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Tags");
  await expect(link).toBeHidden();
  await expect(button).toHaveAttribute("aria-current", "true");
  await button.click();
  await expect(link).toHaveAttribute("aria-current", "page");
  await page.goBack();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Conversations in progress");
  await expect(link).toBeHidden();
});

test("an account without ad-hoc messages is not led to the campaigns", async ({ page, server }) => {
  const fay = await server.createAccount({ permissions: ["reply", "manage_team"], teams: ["Support"] });
  await server.openAs(page, fay, "/");
  await expect(page.getByRole("button", { name: "Settings" })).toBeVisible();
  await expect(page.getByRole("link", { name: "Campaigns" })).toHaveCount(0);
});
