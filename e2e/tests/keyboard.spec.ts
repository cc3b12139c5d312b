// The keyboard: single keys that spare the agent the mouse, and that stay out of the way while one types.

import { expect, test } from "../fixtures/test.ts";
import { texting } from "../fixtures/texting.ts";

test("J and K walk the rows, Enter opens one, N the next that needs the agent, G Q comes back", async ({
  page,
  context,
  desk,
}) => {
  await desk.signIn(context, "bo");
  await page.goto("/");
  const links = page.getByRole("link", { name: /^Open conversation/ });
  await expect(links.first()).toBeVisible();
  await page.keyboard.press("j");
  await expect(links.nth(0)).toBeFocused();
  await page.keyboard.press("j");
  await expect(links.nth(1)).toBeFocused();
  await page.keyboard.press("k");
  await expect(links.nth(0)).toBeFocused();
  const [first, second] = await Promise.all([0, 1].map((place) => links.nth(place).getAttribute("href")));
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(first!);
  await expect(page.getByRole("textbox", { name: "Message" })).toBeVisible();
  await page.keyboard.press("n");
  await expect(page).toHaveURL(second!);
  await page.keyboard.press("g");
  await page.keyboard.press("q");
  await expect(page).toHaveURL("/");
  await expect(links.first()).toBeVisible();
});

test("E goes to closing, and single keys never act while one types", async ({ page, context, desk }) => {
  await texting({ page, context, desk });
  const box = page.getByRole("textbox", { name: "Message" });
  await box.click();
  await page.keyboard.type("eggs? jam, kippers, never");
  await expect(box).toBeFocused();
  await expect(box).toHaveValue("eggs? jam, kippers, never");
  await expect(page.getByRole("dialog")).toBeHidden();
  await page.getByRole("heading", { level: 1 }).focus();
  await page.keyboard.press("e");
  await expect(page.getByLabel("Reason")).toBeFocused();
});

test("? lists the keys, Escape puts the list away, and single keys can be turned off", async ({
  page,
  context,
  desk,
}) => {
  await desk.signIn(context, "bo");
  await page.goto("/");
  const help = page.getByRole("dialog", { name: "Keyboard" });
  await expect(page.getByRole("link", { name: /^Open conversation/ }).first()).toBeVisible();
  await page.keyboard.press("?");
  await expect(help.getByRole("row", { name: "J Next row" })).toBeVisible();
  await expect(help.getByRole("row", { name: "R Show new conversations" })).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(help).toBeHidden();

  await page.keyboard.press("?");
  await help.getByRole("checkbox", { name: "Single-key shortcuts" }).uncheck();
  await help.getByRole("button", { name: "Close" }).click();
  await page.keyboard.press("j");
  await page.keyboard.press("?");
  await expect(help).toBeHidden();
  await expect(page.getByRole("link", { name: /^Open conversation/ }).first()).not.toBeFocused();
});
