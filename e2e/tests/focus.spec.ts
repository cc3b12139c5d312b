// Where the focus goes when what had it is gone, and what a key that is meant for an input method does not do.

import { AdHocDialog } from "../fixtures/ad-hoc.ts";
import { expect, test } from "../fixtures/test.ts";
import { texting } from "../fixtures/texting.ts";

test("Ctrl+Enter sends nothing while an input method is composing", async ({ page, context, desk }) => {
  const [customer] = await texting({ page, context, desk });
  const box = page.getByRole("textbox", { name: "Message" });
  await box.fill("にほん");
  for (const how of [{ isComposing: true }, { keyCode: 229 }]) {
    await box.dispatchEvent("keydown", { key: "Enter", ctrlKey: true, ...how });
  }
  await expect(box).toHaveValue("にほん");
  await box.press("Control+Enter");
  await expect(page.getByRole("region", { name: "Messages" })).toContainText("✓✓ delivered");
  expect(await customer.received()).toHaveLength(1);
});

test("after closing, the focus is on what the conversation became", async ({ page, context, desk }) => {
  const [customer, id] = await texting({ page, context, desk });
  await page.getByLabel("Reason").selectOption("Payment arranged");
  await page.getByRole("button", { name: "Close conversation" }).click();
  await expect(page.getByRole("status").filter({ hasText: "Closed by Ann" })).toBeFocused();

  await test.step("which leads to the conversation that followed", async () => {
    await customer.text("One more thing");
    await page.reload();
    await page.getByRole("link", { name: "Next conversation with this customer" }).click();
    await expect(page.getByRole("region", { name: "Messages" })).toContainText("One more thing");
    await page.getByRole("link", { name: "Previous conversation" }).click();
    await expect(page).toHaveURL(`/conversations/${id}`);
  });
});

test("Escape leaves the message box, so that single keys act again", async ({ page, context, desk }) => {
  await texting({ page, context, desk });
  const box = page.getByRole("textbox", { name: "Message" });
  await box.fill("Half a thought");
  await box.press("Escape");
  await expect(page.getByRole("heading", { level: 1 })).toBeFocused();
  await expect(box).toHaveValue("Half a thought");
  await page.keyboard.press("?");
  await expect(page.getByRole("dialog", { name: "Keyboard" })).toBeVisible();
});

test("after sending again, the focus is in the message box", async ({ page, context, desk }) => {
  const [customer] = await texting({ page, context, desk });
  await customer.order({ fault: "fail", error_code: 30003 });
  const box = page.getByRole("textbox", { name: "Message" });
  await box.fill("Friday is fine");
  await box.press("Control+Enter");
  await page.getByRole("button", { name: "Send again" }).click();
  await expect(page.getByRole("button", { name: "Send again" })).toBeHidden();
  await expect(box).toBeFocused();
});

test("a dialog has Cancel, and gives the focus back to what opened it", async ({ page, context, desk }) => {
  await desk.signIn(context, "cy");
  await page.goto("/");
  const adHoc = new AdHocDialog(page, "Claims");
  const opener = page.getByRole("button", { name: "Ad-hoc: Claims" });
  await adHoc.open();
  await adHoc.dialog.getByRole("button", { name: "Cancel" }).click();
  await expect(adHoc.dialog).toBeHidden();
  await expect(opener).toBeFocused();
  await adHoc.open();
  await page.keyboard.press("Escape");
  await expect(adHoc.dialog).toBeHidden();
  await expect(opener).toBeFocused();

  await page.getByRole("button", { name: /^Account/ }).click();
  await page.getByRole("button", { name: /^Keyboard/ }).click();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("button", { name: /^Account/ })).toBeFocused();
});

test("one's own message is scrolled to, wherever one was in the thread", async ({ page, context, desk }) => {
  const [customer, id] = await texting({ page, context, desk });
  for (let n = 0; n < 30; n += 1) await customer.text(`Text number ${n}`);
  await page.goto(`/conversations/${id}`);
  const thread = page.getByRole("region", { name: "Messages" });
  await expect(thread).toContainText("Text number 29");
  await thread.hover();
  await page.mouse.wheel(0, -3000);
  await expect(thread.getByText("Can I pay on Friday?")).toBeInViewport();
  await page.getByRole("textbox", { name: "Message" }).fill("Here I am");
  await page.getByRole("button", { name: "Send", exact: true }).click();
  await expect(thread.getByText("Here I am")).toBeInViewport();
});
