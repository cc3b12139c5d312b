// Single-key shortcuts, which do nothing while the agent types.

import { ConversationPage, openNewConversation } from "../fixtures/conversation.ts";
import { credentialsOf } from "../fixtures/demo.ts";
import { requestsTo } from "../fixtures/network.ts";
import { SignInPage } from "../fixtures/sign-in.ts";
import { expect, test } from "../fixtures/test.ts";

test("J and K move between rows, Enter opens one, N takes the next, and G Q returns to the queue", async ({
  page,
  server,
}) => {
  await server.openAs(page, "bo", "/");
  const links = page.getByRole("link", { name: /^Open conversation/ });
  await expect(links.first()).toBeVisible();
  await page.keyboard.press("j");
  await expect(links.nth(0)).toBeFocused();
  await page.keyboard.press("j");
  await expect(links.nth(1)).toBeFocused();
  await page.keyboard.press("k");
  await expect(links.nth(0)).toBeFocused();
  const first = await links.nth(0).getAttribute("href");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(first!);
  await expect(new ConversationPage(page).box).toBeVisible();
  await page.keyboard.press("n");
  await expect(page).not.toHaveURL(first!);
  await expect(page.getByText("Assigned to you")).toBeVisible();
  await page.keyboard.press("g");
  await page.keyboard.press("q");
  await expect(page).toHaveURL("/");
  await expect(links.first()).toBeVisible();
});

test("an agent works with the keyboard alone, from signing in to closing a conversation", async ({ page, server }) => {
  const customer = server.customer("Support");
  await customer.send("Where is my letter?");
  const { keyboard } = page;
  await page.goto(`${server.url}/sign-in`);
  const { email, password } = credentialsOf("bo");
  await expect(new SignInPage(page).email).toBeFocused();
  await keyboard.type(email);
  await keyboard.press("Tab");
  await keyboard.type(password);
  await keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "Conversations in progress" })).toBeVisible();

  await test.step("the palette finds the conversation by its number", async () => {
    await keyboard.press("Control+k");
    await expect(page.getByRole("combobox")).toBeFocused();
    await keyboard.type(customer.number);
    await expect(page.getByRole("option", { name: customer.displayNumber }).first()).toHaveAttribute("aria-selected", "true");
    await keyboard.press("Enter");
  });
  const conversation = new ConversationPage(page);
  await expect(conversation.message("Where is my letter?")).toBeVisible();
  await test.step("C, a reply, Control+Enter", async () => {
    await keyboard.press("c");
    await expect(conversation.box).toBeFocused();
    await keyboard.type("It is on its way");
    await keyboard.press("Control+Enter");
    await expect(conversation.message("It is on its way")).toContainText("delivered");
    await keyboard.press("Escape");
  });
  await test.step("E, a reason, a note, Enter on the button", async () => {
    await keyboard.press("e");
    await expect(conversation.reason).toBeFocused();
    await keyboard.type("Solved");
    await expect(conversation.reason.locator("option:checked")).toHaveText("Solved");
    await keyboard.press("Tab");
    await expect(conversation.note).toBeFocused();
    await keyboard.type("Letter sent again");
    await keyboard.press("Tab");
    await expect(conversation.closeButton).toBeFocused();
    await keyboard.press("Enter");
    await expect(page.getByText("Letter sent again")).toBeVisible();
    await expect(conversation.closing).toHaveCount(0);
  });
});

test("N takes one conversation while it is held down, and none below an open dialog", async ({ page, server }) => {
  await server.openAs(page, "bo", "/");
  await expect(page.getByRole("link", { name: /^Open conversation/ }).first()).toBeVisible();
  const taken = requestsTo(page, "POST", "/api/v1/queue/next");
  await page.keyboard.press("?");
  const help = page.getByRole("dialog", { name: "Keyboard shortcuts" });
  await expect(help).toBeVisible();
  await page.evaluate(() => (document.activeElement as HTMLElement).blur());
  await page.keyboard.press("n");
  await help.getByRole("button", { name: "Close" }).first().click();
  await expect(help).toBeHidden();
  // The second and third are the repetitions of a held key.
  for (let n = 0; n < 3; n += 1) await page.keyboard.down("n");
  await page.keyboard.up("n");
  await expect(page.getByText("Assigned to you")).toBeVisible();
  expect(taken).toHaveLength(1);
});

test("E moves the focus to the closing form, and shortcuts do nothing while the agent types", async ({
  page,
  server,
}) => {
  const { conversation } = await openNewConversation(page, server);
  await conversation.box.click();
  await page.keyboard.type("eggs? jam, kippers, never");
  await expect(conversation.box).toBeFocused();
  await expect(conversation.box).toHaveValue("eggs? jam, kippers, never");
  await expect(page.getByRole("dialog")).toBeHidden();
  await page.getByRole("heading", { level: 1 }).focus();
  await page.keyboard.press("e");
  await expect(conversation.reason).toBeFocused();
});

test("M leads to the box of a note, and C and I lead to that of a reply", async ({ page, server }) => {
  const { conversation } = await openNewConversation(page, server);
  const heading = page.getByRole("heading", { level: 1 });
  for (const key of ["c", "i"]) {
    await heading.focus();
    await page.keyboard.press("m");
    await expect(page.getByRole("textbox", { name: "Note for the team" })).toBeFocused();
    await heading.focus();
    await page.keyboard.press(key);
    await expect(conversation.box).toBeFocused();
    await expect(conversation.box).toHaveValue("");
  }
});

test("? lists the shortcuts, Escape closes the list, and single-key shortcuts can be turned off", async ({
  page,
  server,
}) => {
  const account = await server.createAccount({ permissions: ["reply"], teams: ["Support"] });
  await server.openAs(page, account, "/");
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
