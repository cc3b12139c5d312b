// The command palette: Ctrl+K finds pages, actions and conversations.

import type { Locator, Page } from "@playwright/test";

import { expectAccessible } from "../fixtures/axe.ts";
import { openNewConversation } from "../fixtures/conversation.ts";
import { rows } from "../fixtures/lists.ts";
import { requestsTo } from "../fixtures/network.ts";
import { expect, test } from "../fixtures/test.ts";

class Palette {
  readonly dialog: Locator;
  readonly box: Locator;
  readonly options: Locator;
  readonly active: Locator;

  constructor(private readonly page: Page) {
    this.dialog = page.getByRole("dialog", { name: "Search or jump to" });
    this.box = this.dialog.getByRole("combobox", { name: "Search or jump to" });
    this.options = this.dialog.getByRole("option");
    this.active = this.dialog.locator("[role=option][aria-selected=true]");
  }

  async open(): Promise<void> {
    await this.page.keyboard.press("Control+k");
    await expect(this.box).toBeFocused();
  }
}

test("Ctrl+K opens the palette while the agent types, and Escape returns the focus", async ({ page, server }) => {
  const { conversation } = await openNewConversation(page, server);
  const palette = new Palette(page);
  await conversation.box.fill("Half a thought");
  await palette.open();
  await page.keyboard.press("Escape");
  await expect(palette.dialog).toBeHidden();
  await expect(conversation.box).toBeFocused();
  await expect(conversation.box).toHaveValue("Half a thought");
  // The same keys close it.
  await palette.open();
  await page.keyboard.press("Control+k");
  await expect(palette.dialog).toBeHidden();
  await expect(conversation.box).toBeFocused();
});

test("the header's button opens the palette, which also works without single-key shortcuts", async ({
  page,
  server,
}) => {
  const account = await server.createAccount({ permissions: ["reply"], teams: ["Support"] });
  await (await server.apiAs(account)).setPreferences({ shortcuts: false });
  await server.openAs(page, account, "/closed");
  const palette = new Palette(page);
  const button = page.getByRole("button", { name: /^Search or jump to/ });
  await button.click();
  await expect(palette.box).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(button).toBeFocused();
  await palette.open();
});

test("Ctrl+K opens the palette again in the moment in which it closes", async ({ page, server }) => {
  await server.openAs(page, "bo", "/closed");
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  const palette = new Palette(page);
  await palette.open();
  await palette.box.fill("Half a thought");
  await page.evaluate(() => {
    document.querySelector<HTMLDialogElement>("dialog[open]")!.close();
    const keys = { key: "k", ctrlKey: true, bubbles: true, cancelable: true };
    document.body.dispatchEvent(new KeyboardEvent("keydown", keys));
  });
  await expect(palette.box).toHaveValue("");
  await expect(palette.box).toBeFocused();
});

test("a page is found by its name, and Enter opens it", async ({ page, server }) => {
  await server.openAs(page, "bo", "/");
  await expect(rows(page).first()).toBeVisible();
  const palette = new Palette(page);
  await palette.open();
  await palette.box.fill("CLOSED");
  await expect(palette.active).toHaveText(/Closed/);
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL("/closed");
  await expect(page.getByRole("heading", { name: "Closed", level: 1 })).toBeFocused();
  await expect(palette.dialog).toBeHidden();
});

test("the palette offers only what the account may use", async ({ page, server }) => {
  await server.openAs(page, "ann", "/");
  await expect(rows(page).first()).toBeVisible();
  const palette = new Palette(page);
  await palette.open();
  await expect(palette.options.filter({ hasText: "Your profile" })).toBeVisible();
  for (const label of ["Accounts", "Daily file", "Ad-hoc", /^Search/]) {
    await expect(palette.options.filter({ hasText: label })).toBeHidden();
  }
  await palette.box.fill("nothing is called this");
  await expect(palette.dialog.getByRole("status")).toHaveText("Nothing found.");
});

test("a conversation is found by number, reference and name, also a closed one", async ({ page, server }) => {
  await server.openAs(page, "bo", "/");
  await expect(rows(page).first()).toBeVisible();
  const palette = new Palette(page);
  const [closed] = (await (await server.apiAs("bo")).closedConversations("Collections")).filter(({ ref }) => ref);
  const local = closed!.number.replace("+44", "0");
  for (const text of [local, closed!.ref!, closed!.name!]) {
    await palette.open();
    await palette.box.fill(text);
    const found = palette.options.filter({ hasText: closed!.ref! }).last();
    await expect(found).toBeVisible();
    await page.keyboard.press("Escape");
    await expect(palette.dialog).toBeHidden();
  }
  await palette.open();
  await palette.box.fill(closed!.ref!);
  await palette.options.filter({ hasText: closed!.ref! }).last().click();
  await expect(page).toHaveURL(/\/conversations\/\d+$/);
  await expect(page.getByRole("heading", { level: 1 })).toContainText(closed!.ref!);
});

test("without the permission to search, only the loaded queue is searched", async ({ page, server }) => {
  const { customer, id } = await openNewConversation(page, server);
  await page.goto("/");
  await expect(rows(page).first()).toBeVisible();
  const searches = requestsTo(page, "GET", "/api/v1/search");
  const palette = new Palette(page);
  await palette.open();
  await palette.box.fill(customer.lastDigits);
  await expect(palette.active).toContainText(customer.displayNumber);
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(`/conversations/${id}`);
  expect(searches).toEqual([]);
});

test("the arrow keys move the active option, and the text box names it", async ({ page, server }) => {
  await server.openAs(page, "bo", "/closed");
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  const palette = new Palette(page);
  await palette.open();
  const expectActive = async (option: Locator) => {
    await expect(palette.active).toHaveCount(1);
    await expect(option).toHaveAttribute("aria-selected", "true");
    await expect(palette.box).toHaveAttribute("aria-activedescendant", (await option.getAttribute("id"))!);
    await expect(palette.box).toBeFocused();
  };
  await expectActive(palette.options.first());
  await page.keyboard.press("ArrowDown");
  await expectActive(palette.options.nth(1));
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("ArrowUp");
  await expectActive(palette.options.last());
  await expect(palette.options.last()).toBeInViewport();
});

test("an action of the queue page runs from any page", async ({ page, server }) => {
  await server.openAs(page, "supervisor", "/closed");
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  const palette = new Palette(page);
  await palette.open();
  await palette.box.fill("hoc support");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("dialog", { name: "Ad-hoc: Support" })).toBeVisible();
  await expect(page).toHaveURL("/");
});

test("in a conversation, the palette leads to the form that closes it", async ({ page, server }) => {
  const { conversation } = await openNewConversation(page, server);
  await expect(conversation.reason).toBeVisible();
  const palette = new Palette(page);
  await palette.open();
  await palette.box.fill("close the");
  await page.keyboard.press("Enter");
  await expect(conversation.reason).toBeFocused();
});

test("the palette is accessible in both themes", async ({ page, server }) => {
  await server.openAs(page, "bo", "/");
  await expect(rows(page).first()).toBeVisible();
  const palette = new Palette(page);
  await palette.open();
  await palette.box.fill("ma");
  await expect(palette.dialog.getByRole("group", { name: "Search results" })).toBeVisible();
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    await test.step(colorScheme, () => expectAccessible(page));
  }
});
