// Drafts on the server: what an account has written on one device is on its others, and is sent once.

import type { Page } from "@playwright/test";

import { expectAccessible } from "../fixtures/axe.ts";
import { ConversationPage, openNewConversation } from "../fixtures/conversation.ts";
import { MESSAGES, expectLive, holdRequests } from "../fixtures/network.ts";
import { expect, test } from "../fixtures/test.ts";
import { ConversationList } from "../fixtures/workspace.ts";

const DRAFT = "**/api/v1/conversations/*/draft";

/** Waits until the server has answered the next request that stores or deletes a draft. */
async function saved(page: Page, method = "PUT"): Promise<void> {
  const response = await page.waitForResponse(
    (response) => response.url().endsWith("/draft") && response.request().method() === method,
  );
  expect(response.ok()).toBe(true);
}

/** Makes the page look for changes, as it does when the agent returns to its tab. */
function returnTo(page: Page): Promise<boolean> {
  return page.evaluate(() => document.dispatchEvent(new Event("visibilitychange", { bubbles: true })));
}

test("a reply begun on one device is continued and sent on another", async ({ page, otherPage, server }) => {
  const { customer, conversation: here } = await openNewConversation(page, server);
  const there = new ConversationPage(otherPage);
  await Promise.all([saved(page), here.box.pressSequentially("Friday is")]);
  await expect(new ConversationList(page).current).toContainText("draft");

  await test.step("the rows of the other device say draft, and the box has the text", async () => {
    await server.openAs(otherPage, "ann", "/");
    const row = otherPage.getByRole("row").filter({ hasText: customer.displayNumber });
    await expect(row.getByText("draft", { exact: true })).toBeVisible();
    await expectAccessible(otherPage);
    await row.getByRole("link").first().click();
    await expect(there.box).toHaveValue("Friday is");
  });

  await test.step("a change there is here when the agent returns", async () => {
    await there.box.press("End");
    await Promise.all([saved(otherPage), there.box.pressSequentially(" fine")]);
    await returnTo(page);
    await expect(here.box).toHaveValue("Friday is fine");
  });

  await test.step("sending it there empties it here", async () => {
    await expectLive(page);
    await there.sendButton.click();
    await expect(there.messages.getByText("✓✓")).toHaveCount(1);
    await expect(here.box).toHaveValue("");
    await expect(new ConversationList(page).current).not.toContainText("draft");
    expect(await customer.receivedBodies()).toEqual(["Friday is fine"]);
    await otherPage.reload();
    await expect(there.messages).toContainText("Friday is fine");
    await expect(there.box).toHaveValue("");
  });
});

test("a reply that two devices send at once is sent once", async ({ page, otherPage, server }) => {
  const { customer, id, conversation: here } = await openNewConversation(page, server);
  const there = new ConversationPage(otherPage);
  await Promise.all([saved(page), here.box.fill("Friday is fine")]);
  await server.openAs(otherPage, "ann", `/conversations/${id}`);
  await expect(there.box).toHaveValue("Friday is fine");
  const release = await Promise.all([page, otherPage].map((device) => holdRequests(device, MESSAGES, 1)));
  for (const device of [page, otherPage]) {
    await device.getByRole("button", { name: "Send", exact: true }).click();
    await expect(device.getByRole("button", { name: "Sending…" })).toBeVisible();
  }
  release.forEach((send) => send());
  for (const device of [here, there]) {
    await expect(device.box).toHaveValue("");
    await expect(device.messages.getByText("✓✓")).toHaveCount(1);
  }
  expect(await customer.receivedBodies()).toEqual(["Friday is fine"]);
});

test("leaving a conversation saves its draft, and emptying the box deletes it", async ({ page, otherPage, server }) => {
  const { customer, id, conversation } = await openNewConversation(page, server);
  await conversation.box.fill("Half a thought");
  await Promise.all([saved(page), page.getByRole("link", { name: "Conversations in progress" }).click()]);
  const row = page.getByRole("row").filter({ hasText: customer.displayNumber });
  await expect(row.getByText("draft", { exact: true })).toBeVisible();
  await page.goBack();
  await expect(conversation.box).toHaveValue("Half a thought");
  await Promise.all([saved(page, "DELETE"), conversation.box.fill("")]);
  await server.openAs(otherPage, "ann", `/conversations/${id}`);
  await expect(new ConversationPage(otherPage).messages).toContainText("Can I pay on Friday?");
  await expect(new ConversationPage(otherPage).box).toHaveValue("");
});

test("while the server cannot be reached, the draft is on this device", async ({
  page,
  otherPage,
  server,
  browserErrors,
}) => {
  browserErrors.expect("net::ERR_FAILED", "/draft");
  const { id, conversation } = await openNewConversation(page, server);
  const hint = page.getByText("Saved on this device");
  await page.route(DRAFT, (route) => route.abort());
  await conversation.box.pressSequentially("Friday");
  await expect(hint).toBeVisible();
  await expect(conversation.box).toBeFocused();
  await page.reload();
  await expect(conversation.box).toHaveValue("Friday");
  await expect(hint).toBeVisible();
  await page.unroute(DRAFT);
  await conversation.box.press("End");
  await Promise.all([saved(page), conversation.box.pressSequentially(" is fine")]);
  await expect(hint).toBeHidden();
  await server.openAs(otherPage, "ann", `/conversations/${id}`);
  await expect(new ConversationPage(otherPage).box).toHaveValue("Friday is fine");
});

test("of two versions the newer one stays, and the other can be restored", async ({
  page,
  otherPage,
  server,
  browserErrors,
}) => {
  browserErrors.expect("net::ERR_FAILED", "/draft");
  const { id, conversation: here } = await openNewConversation(page, server);
  const there = new ConversationPage(otherPage);
  await page.route(DRAFT, (route) => route.abort());
  await here.box.fill("Friday");
  await expect(page.getByText("Saved on this device")).toBeVisible();
  await server.openAs(otherPage, "ann", `/conversations/${id}`);
  await Promise.all([saved(otherPage), there.box.fill("Saturday")]);
  await page.unroute(DRAFT);
  await returnTo(page);
  await expect(here.box).toHaveValue("Saturday");
  await page.getByRole("button", { name: "Restore my text" }).click();
  await expect(here.box).toHaveValue("Friday");
});
