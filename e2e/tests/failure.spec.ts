// Failures between browser, server and gateway: no reply is lost, and none is sent twice.

import { openNewConversation } from "../fixtures/conversation.ts";
import { MESSAGES, beforeNextPost, loseResponse } from "../fixtures/network.ts";
import { expect, test } from "../fixtures/test.ts";

test("a reply stays in the box while the server cannot be reached, and is then sent once", async ({
  page,
  server,
  browserErrors,
}) => {
  browserErrors.expect("net::ERR_FAILED", "/messages");
  const { customer, conversation } = await openNewConversation(page, server);
  await page.route(MESSAGES, (route) => route.abort());
  await conversation.reply("Friday is fine");
  await expect(page.getByText("The server cannot be reached. Check the connection and try again.")).toBeVisible();
  await expect(conversation.box).toHaveValue("Friday is fine");
  await page.unroute(MESSAGES);
  await conversation.sendButton.click();
  await expect(conversation.messages).toContainText("✓✓ delivered");
  expect(await customer.receivedBodies()).toEqual(["Friday is fine"]);
});

test("a reply whose response is lost is not sent twice", async ({ page, server, browserErrors }) => {
  browserErrors.expect("net::ERR_FAILED", "/messages");
  const { customer, conversation } = await openNewConversation(page, server);
  await loseResponse(page, MESSAGES);
  await conversation.reply("Friday is fine");
  await expect(page.getByText("The server cannot be reached.")).toBeVisible();
  await conversation.sendButton.click();
  await expect(conversation.box).toHaveValue("");
  await expect(conversation.messages).toContainText("✓✓ delivered");
  await expect(conversation.message("Friday is fine")).toHaveCount(1);
  expect(await customer.receivedBodies()).toEqual(["Friday is fine"]);
});

test("a reply is held when the customer has sent a message meanwhile, and can be sent anyway", async ({
  page,
  server,
  browserErrors,
}) => {
  browserErrors.expect(409, "/messages");
  const { customer, conversation } = await openNewConversation(page, server);
  await beforeNextPost(page, MESSAGES, () => customer.send("Forget it, I have paid"));
  await conversation.reply("Friday is fine");
  const held = page.getByRole("alert").filter({ hasText: "Not sent yet" });
  await expect(held).toContainText("new messages arrived while you were writing");
  await expect(held.getByRole("listitem")).toHaveText(["Customer: Forget it, I have paid"]);
  await expect(conversation.box).toHaveValue("Friday is fine");
  expect(await customer.receivedMessages()).toEqual([]);

  await held.getByRole("button", { name: "Send anyway" }).click();
  await expect(held).toBeHidden();
  await expect(conversation.messages).toContainText("✓✓ delivered");
  expect(await customer.receivedBodies()).toEqual(["Friday is fine"]);
});

test("a held reply can be edited before it is sent", async ({ page, server, browserErrors }) => {
  browserErrors.expect(409, "/messages");
  const { customer, conversation } = await openNewConversation(page, server);
  await beforeNextPost(page, MESSAGES, () => customer.send("Forget it, I have paid"));
  await conversation.reply("Friday is fine");
  await page.getByRole("button", { name: "Keep editing" }).click();
  await expect(conversation.box).toBeFocused();
  await conversation.reply("Thank you for the payment");
  await expect(conversation.messages).toContainText("✓✓ delivered");
  expect(await customer.receivedBodies()).toEqual(["Thank you for the payment"]);
});

test("the header shows a lost connection, and the queue catches up when the server is back", async ({
  page,
  freshServer: server,
  browserErrors,
}) => {
  browserErrors.expect("net::ERR_", "/api/v1/");
  browserErrors.expect(401, "/api/v1/");
  // The code of the conversation page may still be loading: the queue prefetches it.
  browserErrors.expect("net::ERR_", "/app-");
  browserErrors.expect("TypeError: Failed to fetch", "/link.js");
  await server.openAs(page, "ann", "/");
  const indicator = page.getByRole("banner").getByRole("status");
  await expect(indicator).toHaveText("live");
  await server.kill();
  await expect(indicator).toHaveText("reconnecting…");
  const restarted = await server.restart();
  const customer = restarted.customer("Collections");
  await customer.send("Are you there?");
  await expect(page.getByRole("row").filter({ hasText: customer.displayNumber })).toBeVisible({ timeout: 15_000 });
  await expect(indicator).toHaveText("live");
  await page.close();
  await restarted.kill();
});
