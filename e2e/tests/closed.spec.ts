// Closed conversations: their list, and an open page whose conversation a colleague closes.

import { ConversationPage, openNewConversation } from "../fixtures/conversation.ts";
import { CLOSURE, beforeNextPost } from "../fixtures/network.ts";
import { expect, test } from "../fixtures/test.ts";

const COLUMNS = ["Ref", "Name", "Number", "Closed", "Reason", "By", "Link"];

test("closed conversations are listed by team, newest first, and open read-only", async ({ page, server }) => {
  const customers = [server.customer("Support"), server.customer("Support")];
  const bo = await server.apiAs("bo");
  for (const customer of customers) {
    await customer.send("Thank you, that was all");
    await bo.close((await bo.conversation("Support", customer.number)).id, "Glad to help");
  }
  await server.openAs(page, "bo", "/closed");
  await expect(page.getByRole("heading", { level: 2 })).toHaveText(["Collections", "Support"]);
  const support = page.getByRole("region", { name: "Support" });
  await expect(support.getByRole("columnheader")).toHaveText(COLUMNS);
  for (const [index, customer] of [...customers].reverse().entries()) {
    await expect(
      support
        .getByRole("row")
        .nth(index + 1)
        .getByRole("cell"),
    ).toHaveText(["–", "–", customer.displayNumber, /^\d+ \w+ \d\d:\d\d$/, "No further reply", "Bo", /Open/]);
  }
  const expected = (await bo.closedConversations("Support")).map(({ id }) => `/conversations/${id}`);
  const links = support.getByRole("link", { name: /^Open/ });
  await expect(links).toHaveCount(expected.length);
  expect(await links.evaluateAll((all) => all.map((link) => link.getAttribute("href")))).toEqual(expected);

  await links.first().click();
  await expect(page.getByText(/^Closed by Bo on .* · No further reply · Glad to help$/)).toBeVisible();
  const conversation = new ConversationPage(page);
  await expect(conversation.messages).toContainText("Thank you, that was all");
  await expect(conversation.box).toBeHidden();
});

test("a conversation that a colleague closes becomes read-only at once, and the draft stays", async ({
  page,
  server,
}) => {
  const { id, conversation } = await openNewConversation(page, server, {
    body: "Is it mended?",
    team: "Support",
    account: "supervisor",
  });
  await conversation.box.fill("Yes, since noon.");
  await (await server.apiAs("bo")).close(id);
  await expect(page.getByText(/^Closed by Bo on .* · No further reply$/)).toBeVisible();
  await expect(page.getByText("Not sent: Yes, since noon.")).toBeVisible();
  await expect(conversation.box).toBeHidden();
  await page.getByRole("button", { name: "Discard" }).click();
  await expect(page.getByText("Not sent:")).toBeHidden();
});

test("a closed conversation disappears from the queue without a reload", async ({ page, server }) => {
  const customer = server.customer("Support");
  await customer.send("Thank you, that was all");
  const bo = await server.apiAs("bo");
  await server.openAs(page, "bo", "/");
  const row = page.getByRole("row").filter({ hasText: customer.displayNumber });
  await expect(row).toBeVisible();
  await bo.close((await bo.conversation("Support", customer.number)).id);
  await expect(row).toBeHidden();
});

test("an agent whose colleague closes the conversation first sees who closed it", async ({
  page,
  server,
  browserErrors,
}) => {
  browserErrors.expect(409, "/closure");
  const { id, conversation } = await openNewConversation(page, server, {
    body: "Thank you, that was all",
    team: "Support",
    account: "supervisor",
  });
  const bo = await server.apiAs("bo");
  await beforeNextPost(page, CLOSURE, () => bo.close(id));
  await conversation.close("Solved");
  await expect(page.getByText("A colleague has closed this conversation.")).toBeVisible();
  await expect(page.getByText(/^Closed by Bo on .* · No further reply$/)).toBeVisible();
});
