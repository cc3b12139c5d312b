// Every message is sent exactly once, despite repeated actions and lost responses. The simulator's ledger is the proof.

import { AdHocDialog } from "../fixtures/ad-hoc.ts";
import { ConversationPage, openNewConversation } from "../fixtures/conversation.ts";
import type { Customer } from "../fixtures/customer.ts";
import { holdKeys } from "../fixtures/keyboard.ts";
import {
  CLOSURE,
  CONVERSATIONS,
  MESSAGES,
  holdRequests,
  idempotencyKeysTo,
  loseResponse,
} from "../fixtures/network.ts";
import { expect, test } from "../fixtures/test.ts";

const UNREACHABLE = "The server cannot be reached.";

/** Waits until the thread shows as many delivered messages, and expects exactly these in the ledger. */
async function expectLedger(conversation: ConversationPage, customer: Customer, bodies: string[]): Promise<void> {
  await expect(conversation.messages.getByText("✓✓")).toHaveCount(bodies.length);
  expect(await customer.receivedBodies()).toEqual(bodies);
}

test("a reply is sent once on repeated clicks and held keys", async ({ page, server }) => {
  const { customer, conversation } = await openNewConversation(page, server);
  const { box, sendButton } = conversation;
  const repeatedActions: [string, () => Promise<void>][] = [
    ["a double click", () => sendButton.dblclick()],
    ["three clicks", () => sendButton.click({ clickCount: 3 })],
    ["Enter held down on the button", () => sendButton.focus().then(() => holdKeys(page, "Enter"))],
    ["Ctrl+Enter held down", () => box.focus().then(() => holdKeys(page, "Control", "Enter"))],
  ];
  const bodies = repeatedActions.map(([body]) => body);
  for (const [index, [body, act]] of repeatedActions.entries()) {
    await box.fill(body);
    await act();
    await expectLedger(conversation, customer, bodies.slice(0, index + 1));
  }
});

test("a draft keeps its idempotency key through edits and a reload until the reply is sent", async ({
  page,
  server,
  browserErrors,
}) => {
  browserErrors.expect("net::ERR_FAILED", "/messages");
  const { customer, conversation } = await openNewConversation(page, server);
  const { box, sendButton } = conversation;
  const unreachable = page.getByText(UNREACHABLE);
  const keys = idempotencyKeysTo(page, "/messages");
  await page.route(MESSAGES, (route) => route.abort(), { times: 2 });
  await conversation.reply("Friday is fine");
  await expect(unreachable).toBeVisible();
  await conversation.reply("Friday is fine with us");
  await expect(unreachable).toBeVisible();
  await page.reload();
  await expect(box).toHaveValue("Friday is fine with us");
  await sendButton.click();
  await expectLedger(conversation, customer, ["Friday is fine with us"]);
  await conversation.reply("Friday is fine with us");
  await expectLedger(conversation, customer, ["Friday is fine with us", "Friday is fine with us"]);
  expect(keys).toHaveLength(4);
  expect(new Set(keys.slice(0, 3)).size).toBe(1);
  expect(keys[3]).not.toBe(keys[0]);
});

test("a reply whose response is lost is sent once after a reload and after a look at another page", async ({
  page,
  server,
  browserErrors,
}) => {
  browserErrors.expect("net::ERR_FAILED", "/messages");
  const unreachable = page.getByText(UNREACHABLE);
  const detours: [string, () => Promise<unknown>][] = [
    ["a reload", () => page.reload()],
    [
      "a look at another page",
      async () => {
        await page.getByRole("link", { name: "Conversations in progress" }).click();
        await expect(page.getByRole("heading", { name: "Conversations in progress" })).toBeVisible();
        await page.goBack();
      },
    ],
  ];
  for (const [body, detour] of detours) {
    const { customer, conversation } = await openNewConversation(page, server);
    const { box, sendButton } = conversation;
    await loseResponse(page, MESSAGES);
    await conversation.reply(body);
    await expect(unreachable).toBeVisible();
    await detour();
    await expect(box).toHaveValue(body);
    await sendButton.click();
    await expect(box).toHaveValue("");
    await expectLedger(conversation, customer, [body]);
  }
});

test("an edited reply after a lost response is held until the agent sees that the first was sent", async ({
  page,
  server,
  browserErrors,
}) => {
  browserErrors.expect("net::ERR_FAILED", "/messages");
  browserErrors.expect(422, "/messages");
  const { customer, conversation } = await openNewConversation(page, server);
  const { box, sendButton } = conversation;
  const unreachable = page.getByText(UNREACHABLE);
  await loseResponse(page, MESSAGES);
  await conversation.reply("Friday is fine");
  await expect(unreachable).toBeVisible();
  await conversation.reply("Friday is fine with us");
  await expect(page.getByText("An earlier version of this message was sent already.")).toBeVisible();
  await expect(box).toHaveValue("Friday is fine with us");
  await expectLedger(conversation, customer, ["Friday is fine"]);
  await sendButton.click();
  await expectLedger(conversation, customer, ["Friday is fine", "Friday is fine with us"]);
});

test("two tabs share one draft, and sending it in both at once sends one reply", async ({ page, context, server }) => {
  const { customer, id, conversation: here } = await openNewConversation(page, server);
  const other = await context.newPage();
  const there = new ConversationPage(other);
  await here.box.fill("Friday");
  await other.goto(`/conversations/${id}`);
  await expect(there.box).toHaveValue("Friday");
  await here.box.fill("Friday is fine");
  await expect(there.box).toHaveValue("Friday is fine");
  await Promise.all([here.sendButton.click(), there.sendButton.click()]);
  await expectLedger(here, customer, ["Friday is fine"]);
  await expect(here.box).toHaveValue("");
  await expect(there.box).toHaveValue("");

  await here.box.fill("Until then");
  await other.reload();
  await expect(there.box).toHaveValue("Until then");
  await here.sendButton.click();
  await expect(there.box).toHaveValue("");
  await expectLedger(here, customer, ["Friday is fine", "Until then"]);
});

test("a draft in one tab survives when another tab without a text fetches the templates again", async ({
  page,
  context,
  server,
}) => {
  const { id, conversation: here } = await openNewConversation(page, server);
  const other = await context.newPage();
  const there = new ConversationPage(other);
  await other.goto(`/conversations/${id}`);
  await expect(there.template.getByRole("option", { name: "Greeting" })).toBeAttached();
  await here.box.fill("Friday is fine");
  const name = server.uniqueName("Thanks");
  await (await server.apiAs("supervisor")).createTemplate("Collections", name, "Thank you");
  for (const tab of [here, there]) await expect(tab.template.getByRole("option", { name })).toBeAttached();
  await expect(here.box).toHaveValue("Friday is fine");
  await page.reload();
  await expect(here.box).toHaveValue("Friday is fine");
});

test("a reply that fails after its page was left is reported, and its draft stays", async ({
  page,
  server,
  browserErrors,
}) => {
  const { id, conversation } = await openNewConversation(page, server);
  browserErrors.expect(500, `/conversations/${id}/messages`);
  const detail = "Something went wrong on our side. Try again.";
  let fail = () => {};
  const failed = new Promise<void>((resolve) => (fail = resolve));
  await page.route(
    MESSAGES,
    async (route) => {
      await failed;
      const problem = { type: "about:blank", title: "", status: 500, detail, code: "internal", request_id: "r-1" };
      await route.fulfill({ status: 500, contentType: "application/problem+json", body: JSON.stringify(problem) });
    },
    { times: 1 },
  );
  await conversation.reply("Friday is fine");
  await page.getByRole("link", { name: "Conversations in progress" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Conversations in progress" })).toBeVisible();
  fail();
  await expect(page.getByText(detail)).toBeVisible();
  await page.goBack();
  await expect(conversation.box).toHaveValue("Friday is fine");
});

test("a template chosen while a reply is being sent becomes a separate draft", async ({ page, server }) => {
  const { customer, conversation } = await openNewConversation(page, server);
  const { box } = conversation;
  const release = await holdRequests(page, MESSAGES, 1);
  await conversation.reply("Friday is fine");
  await conversation.template.selectOption("Greeting");
  release();
  await expectLedger(conversation, customer, ["Friday is fine"]);
  await expect(box).toHaveValue(/this is Ann from Collections/);
  await conversation.reply("Until then");
  await expectLedger(conversation, customer, ["Friday is fine", "Until then"]);
});

test("two tabs share one ad-hoc draft, and sending it in both at once sends one message", async ({
  page,
  context,
  server,
}) => {
  const customer = server.customer("Claims");
  const here = await AdHocDialog.openAs(page, server, "cy", "Claims");
  await here.fill(customer, "Your claim is settled");
  const other = await context.newPage();
  await other.goto("/");
  const there = new AdHocDialog(other, "Claims");
  await there.open();
  await expect(there.message).toHaveValue("Your claim is settled");
  await expect(there.dialog.getByText(customer.displayNumber)).toBeVisible();
  await here.message.fill("Your claim is settled now");
  await expect(there.message).toHaveValue("Your claim is settled now");
  // Held until both have clicked, because sending in one tab empties the draft of the other.
  const release = await Promise.all([page, other].map((tab) => holdRequests(tab, CONVERSATIONS, 1)));
  await Promise.all([here.send.click(), there.send.click()]);
  for (const tab of [here, there]) await expect(tab.dialog.getByRole("button", { name: "Sending…" })).toBeVisible();
  release.forEach((send) => send());
  await here.expectSent(customer.displayNumber);
  await there.expectSent(customer.displayNumber);
  await expect.poll(async () => (await customer.receivedMessages()).length).toBe(1);
});

test("closing after a lost response and with double clicks uses one idempotency key", async ({
  page,
  server,
  browserErrors,
}) => {
  browserErrors.expect("net::ERR_FAILED", "/api/v1/");
  const keys = idempotencyKeysTo(page, "/closure");
  // Without live updates, the page does not learn that the conversation is closed.
  await page.route("**/api/v1/events", (route) => route.abort());
  const { conversation } = await openNewConversation(page, server);
  await conversation.reason.selectOption("Payment arranged");
  await loseResponse(page, CLOSURE);
  await conversation.closeButton.dblclick();
  await expect(conversation.closing.getByText(UNREACHABLE)).toBeVisible();
  await conversation.closeButton.dblclick();
  await expect(page.getByText(/^Closed by Ann .* · Payment arranged$/)).toBeVisible();
  expect(new Set(keys).size).toBe(1);
});
