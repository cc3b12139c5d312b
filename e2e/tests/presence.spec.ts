// Presence: an agent sees at once who else has a conversation open, who is typing in it, and who has replied.

import { expectAccessible } from "../fixtures/axe.ts";
import { ConversationPage, openNewConversation } from "../fixtures/conversation.ts";
import { expectLive } from "../fixtures/network.ts";
import { expect, test } from "../fixtures/test.ts";

test("an agent sees that another one opens the conversation, types, stops typing and leaves", async ({
  page,
  otherPage,
  server,
}) => {
  const { id, conversation } = await openNewConversation(page, server);
  await expectLive(page);
  await expect(conversation.presence).toHaveText("");

  await server.openAs(otherPage, "bo", `/conversations/${id}`);
  await expect(conversation.presence).toHaveText("Bo is viewing");
  const others = new ConversationPage(otherPage);
  await expect(others.presence).toHaveText("Ann is viewing");

  await others.box.pressSequentially("Of course");
  await expect(conversation.presence).toHaveText("Bo is typing a reply");
  await expect(conversation.sendButton).toHaveAccessibleDescription("Bo is typing a reply");
  await expectAccessible(page);
  // Five seconds after the last key.
  await expect(conversation.presence).toHaveText("Bo is viewing", { timeout: 10_000 });

  await otherPage.getByRole("link", { name: "Conversations in progress" }).click();
  await expect(conversation.presence).toHaveText("");
});

test("an agent who closes the tab has left the conversation", async ({ page, otherPage, server }) => {
  const { id, conversation } = await openNewConversation(page, server);
  await expectLive(page);
  await server.openAs(otherPage, "bo", `/conversations/${id}`);
  await expect(conversation.presence).toHaveText("Bo is viewing");
  await otherPage.close({ runBeforeUnload: true });
  await expect(conversation.presence).toHaveText("");
});

test("an agent with two tabs counts once, and leaves with the last one", async ({ page, otherPage, server }) => {
  const { id, conversation } = await openNewConversation(page, server);
  await expectLive(page);
  await server.openAs(otherPage, "bo", `/conversations/${id}`);
  const second = await otherPage.context().newPage();
  await second.goto(`${server.url}/conversations/${id}`);
  const onSecond = new ConversationPage(second);
  // The second tab did not open the event stream; it receives the presences from the first one.
  await expect(onSecond.presence).toHaveText("Ann is viewing");
  await onSecond.box.pressSequentially("Of course");
  await expect(conversation.presence).toHaveText("Bo is typing a reply");
  await otherPage.goto("about:blank");
  await expect(conversation.presence).toHaveText("Bo is viewing", { timeout: 10_000 });
  await second.goto("about:blank");
  await expect(conversation.presence).toHaveText("");
});

test("a row of the queue has the initials of the agents in the conversation", async ({ page, otherPage, server }) => {
  const customer = server.customer("Collections");
  await customer.send("Can I pay on Friday?");
  const { id } = await (await server.apiAs("bo")).conversation("Collections", customer.number);
  await server.openAs(otherPage, "bo", `/conversations/${id}`);
  await expect(new ConversationPage(otherPage).messages).toContainText("Can I pay on Friday?");
  // A page that is opened later gets the presences with the event stream.
  await server.openAs(page, "ann", "/");
  const row = page.getByRole("row").filter({ hasText: customer.displayNumber });
  await expect(row.getByRole("img", { name: "Bo is viewing" })).toHaveAttribute("data-initials", "B");
  await new ConversationPage(otherPage).box.pressSequentially("Of course");
  await expect(row.getByRole("img", { name: "Bo is typing a reply" })).toHaveAttribute("data-initials", "B");
  await expectAccessible(page);
  await otherPage.goto("about:blank");
  await expect(row.getByRole("img")).toHaveCount(0);
});

test("the composer says that another agent has replied, until the customer writes", async ({
  page,
  otherPage,
  server,
}) => {
  const { id, customer, conversation } = await openNewConversation(page, server);
  await expectLive(page);
  await server.openAs(otherPage, "bo", `/conversations/${id}`);
  await new ConversationPage(otherPage).reply("I am on it.");
  await expect(conversation.presence).toContainText("Bo has replied meanwhile");
  // A note after the reply changes nothing.
  await otherPage.getByRole("button", { name: "Note", exact: true }).click();
  const note = otherPage.getByRole("textbox", { name: "Note for the team" });
  await note.fill("She can pay on Friday");
  await note.press("Control+Enter");
  await expect(conversation.messages).toContainText("She can pay on Friday");
  await expect(conversation.presence).toContainText("Bo has replied meanwhile");
  await customer.send("Thank you");
  await expect(conversation.messages).toContainText("Thank you");
  await expect(conversation.presence).not.toContainText("replied");
});
