// Scheduled messages (rule 22): sending later, what can be done until then, and undo send.

import type { Locator, Page } from "@playwright/test";

import { type NewConversation, openNewConversation } from "../fixtures/conversation.ts";
import { MESSAGES, beforeNextPost } from "../fixtures/network.ts";
import type { TestServer } from "../fixtures/server.ts";
import { expect, test } from "../fixtures/test.ts";

/** Opens a new conversation as an account that can undo sending for some seconds, once the page knows that. */
async function openWithUndo(page: Page, server: TestServer, seconds: number): Promise<NewConversation> {
  await (await server.apiAs("ann")).setPreferences({ undo_seconds: seconds });
  const preferences = page.waitForResponse((response) => response.url().endsWith("/me/preferences"));
  const opened = await openNewConversation(page, server);
  await (await preferences).finished();
  return opened;
}

/** Opens the menu beside the Send button. */
async function openMenu(page: Page): Promise<Locator> {
  await page.getByRole("button", { name: "Send later" }).click();
  const menu = page.locator("#schedule-menu");
  await expect(menu).toBeVisible();
  return menu;
}

/** A value for the input of a date and time, some days from now. */
function inDays(days: number, time: string): string {
  return `${new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10)}T${time}`;
}

test("a scheduled message is shown with its time, and can be changed, sent at once and cancelled", async ({
  page,
  server,
}) => {
  const { customer, conversation } = await openNewConversation(page, server);

  await test.step("the menu schedules it for tomorrow morning", async () => {
    await conversation.box.fill("Did the letter arrive?");
    await (await openMenu(page)).getByRole("button", { name: /^Tomorrow morning \w{3} \d+ \w+ 09:00$/ }).click();
    await expect(conversation.box).toHaveValue("");
    await expect(conversation.message("Did the letter arrive?")).toContainText(/Goes out \w{3} \d+ \w+ 09:00/);
  });
  await test.step("Edit changes the text and the time", async () => {
    await page.getByRole("button", { name: "Edit" }).click();
    const dialog = page.getByRole("dialog", { name: "Change the message" });
    await expect(dialog.getByRole("textbox", { name: "Message" })).toHaveValue("Did the letter arrive?");
    await dialog.getByRole("textbox", { name: "Message" }).fill("Has the letter arrived?");
    await dialog.getByLabel("Date and time").fill(inDays(3, "10:30"));
    await dialog.getByRole("button", { name: "Save" }).click();
    await expect(dialog).toBeHidden();
    await expect(conversation.message("Has the letter arrived?")).toContainText(/Goes out .* 10:30/);
    await expect(conversation.message("Did the letter arrive?")).toHaveCount(0);
  });
  await test.step("Cancel message removes it", async () => {
    await page.getByRole("button", { name: "Cancel message" }).click();
    await expect(conversation.message("Has the letter arrived?")).toHaveCount(0);
    await expect(page.getByText("The message is cancelled. It is not sent.")).toBeVisible();
  });
  await test.step("Send now sends the next one at once", async () => {
    await conversation.box.fill("Good morning");
    await (await openMenu(page)).getByRole("button", { name: /^In 1 hour/ }).click();
    await expect(conversation.message("Good morning")).toContainText("Goes out");
    await page.getByRole("button", { name: "Send now" }).click();
    await expect(conversation.message("Good morning")).toContainText("delivered");
    await expect(conversation.message("Good morning")).not.toContainText("Goes out");
  });
  expect(await customer.receivedBodies()).toEqual(["Good morning"]);
});

test("a message can be scheduled for an own date and time, and Enter does not send it at once", async ({
  page,
  server,
}) => {
  const { customer, conversation } = await openNewConversation(page, server);
  await conversation.box.fill("See you then");
  const menu = await openMenu(page);
  await expect(menu).toContainText("Time of the team: Europe/London");
  const input = menu.getByLabel("Date and time");
  await menu.getByRole("button", { name: "Schedule" }).click();
  await expect(menu.getByRole("alert")).toHaveText("Choose a date and time.");
  await input.fill(inDays(-1, "10:30"));
  await input.press("Enter");
  await expect(menu.getByRole("alert")).toHaveText("Choose a time in the future.");
  await input.fill(inDays(2, "10:30"));
  await input.press("Enter");
  await expect(menu).toBeHidden();
  await expect(conversation.message("See you then")).toContainText(/Goes out .* 10:30/);
  await page.reload();
  await expect(conversation.message("See you then")).toContainText(/Goes out .* 10:30/);
  expect(await customer.receivedBodies()).toEqual([]);
});

test("a message is sent at its time, and one is held when the customer has written meanwhile", async ({
  page,
  otherPage,
  server,
}) => {
  const { id, customer, conversation } = await openNewConversation(page, server);
  await server.openAs(otherPage, "bo", `/conversations/${id}`);
  const bo = await server.apiAs("bo");
  await bo.schedule(id, "At its time", 1);
  await expect(conversation.message("At its time")).toContainText("delivered");

  await bo.schedule(id, "Not before you read this", 3);
  await expect(conversation.message("Not before you read this")).toContainText("Goes out");
  await customer.send("One more thing");
  for (const agent of [page, otherPage]) {
    const held = agent.getByRole("listitem").filter({ hasText: "Not before you read this" });
    await expect(held).toContainText("The customer wrote after this was scheduled.");
    await expect(agent.getByText("A scheduled message was not sent")).toBeVisible();
  }
  expect(await customer.receivedBodies()).toEqual(["At its time"]);
  await page.getByRole("button", { name: "Send now" }).click();
  await expect(conversation.message("Not before you read this")).toContainText("delivered");
  await expect(otherPage.getByText("A scheduled message was not sent")).toBeHidden();
});

test("new messages hold a message that is being scheduled, and the agent can schedule it anyway", async ({
  page,
  server,
  browserErrors,
}) => {
  browserErrors.expect(409, "/messages");
  const { customer, conversation } = await openNewConversation(page, server);
  await conversation.box.fill("Tomorrow then");
  const menu = await openMenu(page);
  await beforeNextPost(page, MESSAGES, () => customer.send("One more thing"));
  await menu.getByRole("button", { name: /^Tomorrow/ }).click();
  const held = page.getByRole("alert").filter({ hasText: "Not sent yet: new messages arrived" });
  await held.getByRole("button", { name: "Send anyway" }).click();
  await expect(conversation.message("Tomorrow then")).toContainText("Goes out");
  expect(await customer.receivedBodies()).toEqual([]);
});

test("closing says that it cancels the scheduled message", async ({ page, server }) => {
  const { conversation, id } = await openNewConversation(page, server);
  const bo = await server.apiAs("bo");
  await bo.schedule(id, "Never sent", 3600);
  await expect(conversation.closing).toContainText("Closing cancels the scheduled message.");
  await conversation.close("Payment arranged");
  await expect(page.getByText("1 scheduled message was cancelled")).toBeVisible();
  await expect(conversation.message("Never sent")).toHaveCount(0);
});

test("with the own setting, a message just sent can be undone, and its text returns", async ({ page, freshServer }) => {
  const { customer, conversation } = await openWithUndo(page, freshServer, 5);
  await conversation.reply("I agree to wave the fee");
  await expect(conversation.message("I agree to wave the fee")).toContainText(/Sending in [45] s/);
  await expect(conversation.box).toHaveValue("");
  await conversation.box.fill("Best wishes");
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(conversation.message("I agree to wave the fee")).toHaveCount(0);
  await expect(conversation.box).toHaveValue("I agree to wave the fee\n\nBest wishes");
  await expect(conversation.box).toBeFocused();
  await conversation.reply("I agree to waive the fee");
  await expect(conversation.message("I agree to waive the fee")).toContainText("delivered", { timeout: 15_000 });
  expect(await customer.receivedBodies()).toEqual(["I agree to waive the fee"]);
});

test("the text returns also if the event of the undo arrives before its response", async ({ page, freshServer }) => {
  const { conversation } = await openWithUndo(page, freshServer, 10);
  const bubble = conversation.message("On its way");
  await page.route(
    /\/api\/v1\/messages\/\d+$/,
    async (route) => {
      const response = await route.fetch();
      await expect(bubble).toHaveCount(0);
      await route.fulfill({ response });
    },
    { times: 1 },
  );
  await conversation.reply("On its way");
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(conversation.box).toHaveValue("On its way");
});

test("an undo that comes too late says so", async ({ page, freshServer, browserErrors }) => {
  browserErrors.expect(409, "/messages/");
  const { conversation } = await openWithUndo(page, freshServer, 5);
  const bubble = conversation.message("On its way");
  await page.route(
    /\/api\/v1\/messages\/\d+$/,
    async (route) => {
      // The page knows that the message was sent before the response says that it was too late.
      await expect(bubble).toContainText("delivered", { timeout: 15_000 });
      await route.continue();
    },
    { times: 1 },
  );
  await conversation.reply("On its way");
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(page.getByText("Too late: the message was sent.")).toBeVisible({ timeout: 20_000 });
  await expect(conversation.box).toHaveValue("");
});

test("a message that is held while it can be undone says so, and is sent at once", async ({ page, freshServer }) => {
  const { customer, conversation } = await openWithUndo(page, freshServer, 5);
  await conversation.reply("On its way");
  await expect(page.getByRole("button", { name: "Undo" })).toBeVisible();
  await customer.send("Never mind");
  const bubble = conversation.message("On its way");
  await expect(bubble).toContainText("The customer wrote after this was scheduled.", { timeout: 10_000 });
  await expect(bubble).not.toContainText("Sending");
  await bubble.getByRole("button", { name: "Send now" }).click();
  await expect.poll(() => customer.receivedBodies()).toEqual(["On its way"]);
});
