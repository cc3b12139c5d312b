// The message box: the search for templates, the counter's replacements, cleaned pastes and input methods.

import type { Page } from "@playwright/test";

import { AdHocDialog } from "../fixtures/ad-hoc.ts";
import { expectAccessible } from "../fixtures/axe.ts";
import { openNewConversation } from "../fixtures/conversation.ts";
import { expect, test } from "../fixtures/test.ts";

/** Pastes a text into the focused box. */
async function paste(page: Page, text: string): Promise<void> {
  await page.evaluate((pasted) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData("text/plain", pasted);
    const event = new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true });
    const box = document.activeElement as HTMLTextAreaElement;
    // The browser inserts nothing for a paste that a page has made.
    if (box.dispatchEvent(event)) document.execCommand("insertText", false, pasted);
  }, text);
}

/** The text that is selected in the focused box. */
function selectedText(page: Page): Promise<string> {
  return page.evaluate(() => {
    const box = document.activeElement as HTMLTextAreaElement;
    return box.value.slice(box.selectionStart, box.selectionEnd);
  });
}

test("a slash in the empty box searches the templates by name and text", async ({ page, server }) => {
  const { conversation } = await openNewConversation(page, server);
  const { box } = conversation;
  const list = page.getByRole("listbox", { name: "Templates" });
  const options = list.getByRole("option");
  await expect(conversation.template.getByRole("option", { name: "Greeting" })).toBeAttached();

  await test.step("what is typed after it filters the list", async () => {
    await box.pressSequentially("/");
    await expect(options.first()).toBeVisible();
    await expect(options.first()).toHaveAttribute("aria-selected", "true");
    await expectAccessible(page);
    await box.pressSequentially("greet");
    await expect(options).toHaveCount(1);
    await expect(box).toHaveAttribute("aria-activedescendant", (await options.getAttribute("id"))!);
    await expect(page.getByText(/^Templates that match: 1\./)).toBeAttached();
  });

  await test.step("Escape closes it and leaves the text", async () => {
    await box.press("Escape");
    await expect(list).toBeHidden();
    await expect(box).toBeFocused();
    await expect(box).toHaveValue("/greet");
  });

  await test.step("Enter puts the template in place of the search", async () => {
    await box.fill("");
    await box.pressSequentially("/greet");
    await box.press("Enter");
    await expect(box).toHaveValue(/this is Ann from Collections/);
    await expect(box).toBeFocused();
    await expect(conversation.template).toHaveValue(/\d/);
    await expect(page.getByRole("button", { name: "Restore my text" })).toBeHidden();
  });

  await test.step("the arrows and the mouse choose too", async () => {
    await box.fill("");
    await box.pressSequentially("/");
    await box.press("ArrowUp");
    await expect(options.last()).toHaveAttribute("aria-selected", "true");
    await box.press("ArrowDown");
    await expect(options.first()).toHaveAttribute("aria-selected", "true");
    await options.filter({ hasText: "Greeting" }).click();
    await expect(box).toHaveValue(/this is Ann from Collections/);
    await expect(box).toBeFocused();
  });

  await test.step("without a match, the keys keep their meaning", async () => {
    await box.fill("");
    await box.pressSequentially("/xyz");
    await expect(page.getByText("No template matches").first()).toBeVisible();
    await box.press("Enter");
    await expect(box).toHaveValue("/xyz\n");
    await expect(page.getByText("No template matches").first()).toBeHidden();
  });
});

test("Ctrl+/ inserts a template at the caret, and Ctrl+Z removes it", async ({ page, server }) => {
  const { conversation } = await openNewConversation(page, server);
  const { box } = conversation;
  await expect(conversation.template.getByRole("option", { name: "Greeting" })).toBeAttached();
  await box.pressSequentially("Good morning. Bye");
  for (let steps = 0; steps < "Bye".length; steps += 1) await box.press("ArrowLeft");
  await box.press("Control+/");
  await box.pressSequentially("greeting");
  await box.press("Enter");
  await expect(box).toHaveValue(/^Good morning\. .*this is Ann from Collections.*Bye$/s);
  await box.press("Control+z");
  await expect(box).toHaveValue("Good morning. greetingBye");
});

test("Escape closes the search of the ad-hoc dialog and not the dialog", async ({ page, server }) => {
  const { dialog, message, template } = await AdHocDialog.openAs(page, server, "cy", "Claims");
  await expect(template.getByRole("option").nth(1)).toBeAttached();
  await message.pressSequentially("/");
  const list = dialog.getByRole("listbox", { name: "Templates" });
  await expect(list).toBeVisible();
  await message.press("Escape");
  await expect(list).toBeHidden();
  await expect(dialog).toBeVisible();
});

test("while an input method composes text, keys neither choose nor send", async ({ page, server }) => {
  const { customer, conversation } = await openNewConversation(page, server);
  const { box } = conversation;
  const composing = (key: string, ctrlKey = false) =>
    box.evaluate(
      (element, init) => element.dispatchEvent(new KeyboardEvent("keydown", init)),
      { key, ctrlKey, isComposing: true, bubbles: true, cancelable: true },
    );
  await box.pressSequentially("/");
  await expect(page.getByRole("listbox", { name: "Templates" })).toBeVisible();
  for (const key of ["Enter", "Escape", "ArrowDown"]) await composing(key);
  await expect(page.getByRole("listbox", { name: "Templates" })).toBeVisible();
  await expect(box).toHaveValue("/");

  await box.fill("");
  await box.focus();
  const session = await page.context().newCDPSession(page);
  await session.send("Input.imeSetComposition", { text: "こんに", selectionStart: 3, selectionEnd: 3 });
  await composing("Enter", true);
  await expect(box).toHaveValue("こんに");
  await session.send("Input.insertText", { text: "こんにちは" });
  await expect(box).toHaveValue("こんにちは");
  await box.press("Control+Enter");
  await expect(conversation.messages).toContainText("✓✓ delivered");
  expect(await customer.receivedBodies()).toEqual(["こんにちは"]);
});

test("the counter selects what requires UCS-2 and replaces it with GSM-7 characters", async ({ page, server }) => {
  const { conversation } = await openNewConversation(page, server);
  const { box } = conversation;
  const replace = page.getByRole("button", { name: "Use GSM-7 characters" });
  await box.fill("“Friday” – it’s fine…");
  const cause = page.getByRole("button", { name: "““” and 4 more require UCS-2" });
  await cause.click();
  await expect(box).toBeFocused();
  expect(await selectedText(page)).toBe("“");
  await cause.click();
  expect(await selectedText(page)).toBe("”");
  await expectAccessible(page);

  await replace.click();
  await expect(box).toHaveValue("\"Friday\" - it's fine...");
  await expect(box).toBeFocused();
  await expect(page.getByText("23/160 · 1 part · GSM-7")).toBeVisible();
  await expect(replace).toBeHidden();
  await box.press("Control+z");
  await expect(box).toHaveValue("“Friday” – it’s fine…");
  await expect(replace).toBeVisible();

  await box.fill("Łukasz");
  await expect(page.getByText("“Ł” requires UCS-2")).toBeVisible();
  await expect(replace).toBeHidden();
});

test("pasted text loses tabs, odd line breaks and invisible characters", async ({ page, server }) => {
  const { conversation } = await openNewConversation(page, server);
  const { box } = conversation;
  await box.fill("Hello ");
  await box.focus();
  await box.press("End");
  await paste(page, "one\r\ntwo\u2028three\tfour\u200b “five”\0");
  await expect(box).toHaveValue("Hello one\ntwo\nthree four “five”");
  await box.press("Control+z");
  await expect(box).toHaveValue("Hello ");
  await paste(page, "👩‍⚕️ plain");
  await expect(box).toHaveValue("Hello 👩‍⚕️ plain");
});
