// Failed deliveries: the page says why and what to do, and offers to send the message again.

import type { Page } from "@playwright/test";

import { ConversationPage, openNewConversation } from "../fixtures/conversation.ts";
import { Handset } from "../fixtures/handset.ts";
import { MESSAGES, beforeNextPost, loseResponse } from "../fixtures/network.ts";
import type { TestServer } from "../fixtures/server.ts";
import { expect, test } from "../fixtures/test.ts";

const OUT_OF_REACH = "The phone is off or out of reach. Try again later.";

/** Opens a new conversation in which the reply "Friday is fine" has failed. */
async function openFailedReply(page: Page, server: TestServer, error_code = 30003) {
  const { customer, id, conversation } = await openNewConversation(page, server);
  await customer.injectFault({ fault: "fail", error_code });
  await conversation.reply("Friday is fine");
  const replies = conversation.message("Friday is fine");
  await expect(replies).toContainText("✕ not delivered");
  return { customer, id, conversation, replies };
}

test("a reply to an unreachable phone shows why it failed, and the conversation needs the agent again", async ({
  page,
  context,
  server,
}) => {
  const { customer, conversation } = await openNewConversation(page, server);
  const handset = await Handset.open(context, server);
  await handset.use(customer.number, "Collections");
  await handset.injectFault("Phone off or out of reach (30003)");
  await conversation.reply("Friday is fine");
  await expect(conversation.message("Friday is fine")).toContainText("✕ not delivered");
  await expect(conversation.message("Friday is fine")).toContainText(OUT_OF_REACH);
  // The reason is shown only once.
  await expect(page.getByText(OUT_OF_REACH)).toHaveCount(1);
  await expect(handset.bubble("Friday is fine")).toContainText("Never reached this phone: phone off or out of reach");
  await page.getByRole("link", { name: "Conversations in progress" }).click();
  const row = page.getByRole("row").filter({ hasText: customer.displayNumber });
  await expect(row.getByRole("cell").nth(4)).toHaveText(new RegExp(`^Agent\\s*not delivered\\s*${OUT_OF_REACH}$`));
  await expect(row.getByRole("img", { name: "Assigned to Ann" })).toBeVisible();
});

test("Send again resends a failed message once, even on a double click, and the draft stays", async ({
  page,
  server,
}) => {
  const { customer, conversation, replies } = await openFailedReply(page, server);
  await conversation.box.fill("Half a thought");
  await conversation.sendAgain.dblclick();
  await expect(replies).toHaveText([/✕ not delivered/, /✓✓ delivered/]);
  await expect(conversation.sendAgain).toBeHidden();
  await expect(conversation.box).toHaveValue("Half a thought");
  expect((await customer.receivedMessages()).map((message) => message.status)).toEqual(["undelivered", "delivered"]);
  await page.reload();
  await expect(replies).toHaveCount(2);
  await expect(conversation.sendAgain).toBeHidden();
});

test("the queue stops showing a failed delivery while the message is being sent again", async ({ page, server }) => {
  const { customer, conversation, replies } = await openFailedReply(page, server);
  await page.getByRole("link", { name: "Conversations in progress" }).click();
  const row = page.getByRole("row").filter({ hasText: customer.displayNumber });
  await expect(row).toContainText("not delivered");
  await row.getByRole("link").last().click();
  await customer.injectFault({ fault: "latency", ms: 9000 });
  await conversation.sendAgain.click();
  await expect(replies.last()).toContainText("sending");
  await page.getByRole("link", { name: "Conversations in progress" }).click();
  await expect(row).toContainText("Customer");
  await expect(row).not.toContainText("not delivered");
});

test("Send again in two tabs at once resends a failed message once", async ({ page, context, server }) => {
  const { customer, id, conversation, replies } = await openFailedReply(page, server);
  const other = await context.newPage();
  const otherConversation = new ConversationPage(other);
  await other.goto(`/conversations/${id}`);
  await expect(otherConversation.sendAgain).toBeVisible();
  await Promise.all([conversation.sendAgain.click(), otherConversation.sendAgain.click()]);
  for (const messages of [replies, otherConversation.message("Friday is fine")])
    await expect(messages).toHaveText([/✕ not delivered/, /✓✓ delivered/]);
  expect(await customer.receivedMessages()).toHaveLength(2);
});

test("a resent message whose response is lost is sent once", async ({ page, server, browserErrors }) => {
  browserErrors.expect("net::ERR_FAILED", "/messages");
  const { customer, conversation, replies } = await openFailedReply(page, server);
  // The page cannot reload its messages, which would show that the message was sent.
  await page.route("**/api/v1/conversations/*/messages?*", (route) => route.abort());
  await loseResponse(page, MESSAGES);
  await conversation.sendAgain.click();
  await expect(page.getByText("The server cannot be reached.")).toBeVisible();
  await conversation.sendAgain.click();
  await expect(replies).toHaveCount(2);
  await page.unroute("**/api/v1/conversations/*/messages?*");
  await page.reload();
  await expect(replies).toHaveText([/✕ not delivered/, /✓✓ delivered/]);
  expect(await customer.receivedMessages()).toHaveLength(2);
});

test("a message that has failed twice can be sent a third time", async ({ page, server }) => {
  const { customer, conversation, replies } = await openFailedReply(page, server);
  await customer.injectFault({ fault: "fail", error_code: 30003 });
  await conversation.sendAgain.click();
  await expect(replies).toHaveText([/✕ not delivered/, /✕ not delivered/]);
  await conversation.sendAgain.click();
  await expect(replies).toHaveText([/✕ not delivered/, /✕ not delivered/, /✓✓ delivered/]);
  expect(await customer.receivedMessages()).toHaveLength(3);
});

test("Send again is held when the customer has sent a message meanwhile", async ({ page, server, browserErrors }) => {
  browserErrors.expect(409, "/messages");
  const { customer, conversation, replies } = await openFailedReply(page, server);
  await beforeNextPost(page, MESSAGES, () => customer.send("Forget it, I have paid"));
  await conversation.sendAgain.click();
  await expect(page.getByText("Not sent: new messages arrived.")).toBeVisible();
  await expect(conversation.messages).toContainText("Forget it, I have paid");
  expect(await customer.receivedMessages()).toHaveLength(1);
  await conversation.sendAgain.click();
  await expect(replies).toHaveCount(2);
});

test("Send again is hidden for a landline, in a closed conversation and after an opt-out", async ({ page, server }) => {
  const landline = await openFailedReply(page, server, 30006);
  await expect(page.getByText("Reach them another way.").first()).toBeVisible();
  await expect(landline.conversation.sendAgain).toBeHidden();

  const closed = await openFailedReply(page, server);
  await expect(closed.conversation.sendAgain).toBeVisible();
  await (await server.apiAs("bo")).close(closed.id);
  await expect(page.getByText(/^Closed by Bo/)).toBeVisible();
  await expect(closed.conversation.sendAgain).toBeHidden();

  const optedOut = await openFailedReply(page, server);
  await expect(optedOut.conversation.sendAgain).toBeVisible();
  await optedOut.customer.send("STOP");
  await expect(page.getByText("You cannot send them messages.")).toBeVisible();
  await expect(optedOut.conversation.sendAgain).toBeHidden();
});
