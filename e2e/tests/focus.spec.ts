// Keyboard focus: where it goes when its element disappears, and keys that belong to an input method.

import { AdHocDialog } from "../fixtures/ad-hoc.ts";
import { openNewConversation } from "../fixtures/conversation.ts";
import { expect, test } from "../fixtures/test.ts";

test("Ctrl+Enter does not send while an input method is composing", async ({ page, server }) => {
  const { customer, conversation } = await openNewConversation(page, server);
  await conversation.box.fill("にほん");
  for (const composing of [{ isComposing: true }, { keyCode: 229 }]) {
    await conversation.box.dispatchEvent("keydown", { key: "Enter", ctrlKey: true, ...composing });
  }
  await expect(conversation.box).toHaveValue("にほん");
  await conversation.box.press("Control+Enter");
  await expect(conversation.messages).toContainText("✓✓ delivered");
  expect(await customer.receivedMessages()).toHaveLength(1);
});

test("closing a conversation moves the focus to the notice that it is closed", async ({ page, server }) => {
  const { customer, id, conversation } = await openNewConversation(page, server);
  await conversation.close("Payment arranged");
  await expect(page.getByRole("status").filter({ hasText: "Closed by Ann" })).toBeFocused();

  await test.step("the closed conversation links to the next one", async () => {
    await customer.send("One more thing");
    await page.reload();
    await page.getByRole("link", { name: "Next conversation with this customer" }).click();
    await expect(conversation.messages).toContainText("One more thing");
    await page.getByRole("link", { name: "Previous conversation" }).click();
    await expect(page).toHaveURL(`/conversations/${id}`);
  });
});

test("Escape moves the focus out of the message box, so that single-key shortcuts work", async ({ page, server }) => {
  const { conversation } = await openNewConversation(page, server);
  await conversation.box.fill("Half a thought");
  await conversation.box.press("Escape");
  await expect(page.getByRole("heading", { level: 1 })).toBeFocused();
  await expect(conversation.box).toHaveValue("Half a thought");
  await page.keyboard.press("?");
  await expect(page.getByRole("dialog", { name: "Keyboard" })).toBeVisible();
});

test("Send again moves the focus to the message box", async ({ page, server }) => {
  const { customer, conversation } = await openNewConversation(page, server);
  await customer.injectFault({ fault: "fail", error_code: 30003 });
  await conversation.box.fill("Friday is fine");
  await conversation.box.press("Control+Enter");
  await conversation.sendAgain.click();
  await expect(conversation.sendAgain).toBeHidden();
  await expect(conversation.box).toBeFocused();
});

test("a dialog closed with Cancel or Escape returns the focus to the button that opened it", async ({
  page,
  server,
}) => {
  const adHoc = await AdHocDialog.openAs(page, server, "cy", "Claims");
  await adHoc.dialog.getByRole("button", { name: "Cancel" }).click();
  await expect(adHoc.dialog).toBeHidden();
  await expect(adHoc.opener).toBeFocused();
  await adHoc.open();
  await page.keyboard.press("Escape");
  await expect(adHoc.dialog).toBeHidden();
  await expect(adHoc.opener).toBeFocused();

  await page.getByRole("button", { name: /^Account/ }).click();
  await page.getByRole("button", { name: /^Keyboard/ }).click();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("button", { name: /^Account/ })).toBeFocused();
});

test("a sent reply is scrolled into view from anywhere in the thread", async ({ page, server }) => {
  const { customer, id, conversation } = await openNewConversation(page, server);
  for (let n = 0; n < 30; n += 1) await customer.send(`Text number ${n}`);
  await page.goto(`/conversations/${id}`);
  await expect(conversation.messages).toContainText("Text number 29");
  await conversation.messages.hover();
  await page.mouse.wheel(0, -3000);
  await expect(conversation.messages.getByText("Can I pay on Friday?")).toBeInViewport();
  await conversation.reply("Here I am");
  await expect(conversation.messages.getByText("Here I am")).toBeInViewport();
});
