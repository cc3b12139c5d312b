// Messages that arrive while the agent replies or closes: the action is held, and no input is lost.

import type { Locator } from "@playwright/test";

import { type ConversationPage, openNewConversation } from "../fixtures/conversation.ts";
import { CLOSURE, MESSAGES, beforeNextPost, idempotencyKeysTo } from "../fixtures/network.ts";
import { expect, test } from "../fixtures/test.ts";

/** The alert that says that a closure is held. */
function heldClosure({ closing }: ConversationPage): Locator {
  return closing.getByRole("alert").filter({ hasText: "Not closed yet: new messages arrived." });
}

test("a message that arrives meanwhile holds the closure, and the agent can close anyway", async ({
  page,
  server,
  browserErrors,
}) => {
  browserErrors.expect(409, "/closure");
  const { customer, conversation } = await openNewConversation(page, server);
  const { closing, reason, note, closeButton } = conversation;
  const held = heldClosure(conversation);
  await reason.selectOption("Payment arranged");
  await note.fill("Pays on Friday");
  await beforeNextPost(page, CLOSURE, () => customer.send("One more thing"));
  await closeButton.click();
  await expect(held.getByRole("listitem")).toHaveText(["Customer: One more thing"]);
  await expect(conversation.messages).toContainText("One more thing");
  await expect(note).toHaveValue("Pays on Friday");
  await expect(reason).toHaveValue(/\d+/);
  await closing.getByRole("button", { name: "Close anyway" }).click();
  await expect(page.getByText(/^Closed by Ann on .* · Payment arranged · Pays on Friday$/)).toBeVisible();
});

test("after a held closure the agent can keep the conversation open, and the note stays", async ({
  page,
  server,
  browserErrors,
}) => {
  browserErrors.expect(409, "/closure");
  const { id, conversation } = await openNewConversation(page, server);
  const bo = await server.apiAs("bo");
  const { closing, reason, note, closeButton } = conversation;
  const held = heldClosure(conversation);
  await reason.selectOption("Payment arranged");
  await note.fill("Pays on Friday");
  await beforeNextPost(page, CLOSURE, () => bo.reply(id, "I am on it"));
  await closeButton.click();
  await expect(held.getByRole("listitem")).toHaveText(["Bo: I am on it"]);
  await closing.getByRole("button", { name: "Keep open" }).click();
  await expect(held).toBeHidden();
  await expect(note).toHaveValue("Pays on Friday");
  await expect(note).toBeFocused();
  await expect(conversation.box).toBeVisible();
});

test("a colleague's reply holds a reply that was written meanwhile, and its text and idempotency key stay", async ({
  page,
  server,
  browserErrors,
}) => {
  browserErrors.expect(409, "/messages");
  const { customer, id, conversation } = await openNewConversation(page, server);
  const bo = await server.apiAs("bo");
  const keys = idempotencyKeysTo(page, "/messages");
  await conversation.box.fill("Friday is fine");
  await beforeNextPost(page, MESSAGES, () => bo.reply(id, "Yes, Friday is fine"));
  await conversation.sendButton.click();
  const held = page.getByRole("alert").filter({ hasText: "Not sent yet: new messages arrived" });
  await expect(held.getByRole("listitem")).toHaveText(["Bo: Yes, Friday is fine"]);
  await expect(conversation.box).toHaveValue("Friday is fine");
  await held.getByRole("button", { name: "Send anyway" }).click();
  await expect(held).toBeHidden();
  await expect(conversation.box).toHaveValue("");
  await expect.poll(() => customer.receivedBodies()).toEqual(["Yes, Friday is fine", "Friday is fine"]);
  expect(keys).toHaveLength(2);
  expect(new Set(keys).size).toBe(1);
});

test("a message that sounds like an opt-out offers a button to opt the customer out", async ({ page, server }) => {
  const { conversation } = await openNewConversation(page, server, { body: "please stop texting me" });
  await expect(page.getByText("The customer may have asked for no more messages.")).toBeVisible();
  await page.getByRole("button", { name: "Opt out", exact: true }).click();
  await expect(page.getByText("You cannot send them messages.")).toBeVisible();
  await expect(conversation.box).toBeHidden();
});

test("a possible opt-out can be dismissed with one click", async ({ page, server }) => {
  const { conversation } = await openNewConversation(page, server, { body: "leave me alone" });
  const flag = page.getByText("The customer may have asked for no more messages.");
  await expect(flag).toBeVisible();
  await page.getByRole("button", { name: "Dismiss", exact: true }).click();
  await expect(flag).toBeHidden();
  await expect(conversation.box).toBeVisible();
});
