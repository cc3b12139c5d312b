// A conversation from both sides: the agent's page and the customer's handset, in two tabs of one browser.

import { ConversationPage, openNewConversation } from "../fixtures/conversation.ts";
import { NAOMI } from "../fixtures/demo.ts";
import { Handset } from "../fixtures/handset.ts";
import { SignInPage } from "../fixtures/sign-in.ts";
import { expect, test } from "../fixtures/test.ts";

test("a conversation runs from the first message to its closure, and the next one links to it", async ({
  page,
  context,
  server,
}) => {
  const conversation = new ConversationPage(page);
  const row = page.getByRole("region", { name: "Collections" }).getByRole("row", { name: NAOMI.ref });

  const signInPage = new SignInPage(page);
  await signInPage.open();
  await signInPage.signIn("ann");
  await expect(page.getByRole("heading", { name: "Conversations in progress" })).toBeVisible();
  await expect(page.getByRole("region", { name: "Collections" })).toBeVisible();
  await expect(row).toBeHidden();

  const handset = await Handset.open(context, server);
  await test.step("the customer's message appears in the queue without a reload", async () => {
    await handset.use(NAOMI.number, "Collections");
    // New rows are held back while the pointer is over the list, where it has just clicked "Sign in".
    await page.getByRole("heading", { level: 1 }).hover();
    await handset.send("Can I pay on Friday?");
    await expect(row.getByRole("cell")).toHaveText([
      NAOMI.ref,
      NAOMI.name,
      "+44 7700 900160",
      "just now",
      /Agent\s*waiting under 1 min/,
      /Open/,
    ]);
  });

  await test.step("the agent opens the conversation", async () => {
    await row.getByRole("link", { name: `Open conversation with ${NAOMI.name}, +44 7700 900160` }).click();
    await expect(page.getByRole("heading", { level: 1 })).toHaveText(`${NAOMI.ref} · ${NAOMI.name} · +44 7700 900160`);
    await expect(page.getByText(/Started by an inbound message/)).toContainText("Collections");
    await expect(conversation.messages.getByText("Can I pay on Friday?")).toBeVisible();
    await expect(conversation.keyData).toContainText(NAOMI.name);
    await expect(page.getByRole("definition").first()).toHaveText(/^GBP /);
  });

  await test.step("a template with a missing value is not sent", async () => {
    await conversation.template.selectOption("Payment plan");
    await expect(conversation.box).toHaveValue(
      /^Naomi Adeyemi, we can split GBP [\d.]+ over {{Instalments}} months\..* Ann$/,
    );
    await expect(page.getByText("Fill in: {{Instalments}}")).toBeVisible();
    await conversation.sendButton.click();
    await expect(page.getByText("Not sent. Fill in first: {{Instalments}}")).toBeVisible();
    expect(await server.customer("Collections", NAOMI.number).receivedMessages()).toEqual([]);
  });

  const reply = (await conversation.box.inputValue()).replace("{{Instalments}}", "3");
  await test.step("once filled in, the reply is counted, sent and marked as delivered", async () => {
    await conversation.box.fill(reply);
    await expect(page.getByText(`${reply.length}/160 · 1 part · GSM-7`)).toBeVisible();
    await conversation.sendButton.click();
    await expect(handset.bubble(reply)).toContainText("Delivered");
    const sent = conversation.message(reply);
    await expect(sent).toContainText("Ann");
    await expect(sent).toContainText("✓✓ delivered");
    await expect(conversation.box).toHaveValue("");
  });

  const url = page.url();
  await test.step("the agent closes the conversation with a reason and a note, and it becomes read-only", async () => {
    await conversation.closeButton.click();
    await expect(conversation.closing.getByRole("alert").filter({ hasText: "Choose a reason." })).toBeVisible();
    await conversation.reason.selectOption("Payment arranged");
    await conversation.note.fill("Three months from December");
    await conversation.closeButton.click();
    await expect(page.getByText(/^Closed by Ann on .* · Payment arranged · Three months from December$/)).toBeVisible();
    await expect(page.getByText("This conversation is read-only.")).toBeVisible();
    await expect(conversation.box).toBeHidden();
    await expect(conversation.closing).toBeHidden();
    await expect(conversation.messages.getByText(reply)).toBeVisible();
  });

  await test.step("the customer's next message starts a conversation that links to the closed one", async () => {
    await handset.send("Sorry, Saturday after all");
    await page.getByRole("link", { name: "Conversations in progress" }).click();
    await row.getByRole("link", { name: /^Open conversation/ }).click();
    await expect(conversation.messages.getByText("Sorry, Saturday after all")).toBeVisible();
    expect(page.url()).not.toBe(url);
    // Above it is the closed one.
    await expect(conversation.messages.getByRole("link", { name: /^Closed / })).toHaveAttribute(
      "href",
      new URL(url).pathname,
    );
    await page.getByRole("link", { name: "Previous conversation" }).click();
    await expect(page).toHaveURL(url);
    await expect(conversation.messages.getByText("Can I pay on Friday?")).toBeVisible();
    await expect(page.getByText(/^Closed by Ann/)).toBeVisible();
  });
});

test("a customer's message appears in the open conversation and is announced to screen readers", async ({
  page,
  server,
}) => {
  const { customer, conversation } = await openNewConversation(page, server);
  await customer.send("Is this still the right number?");
  await expect(conversation.messages.getByText("Is this still the right number?")).toBeInViewport();
  await expect(page.getByText("New message from the customer: Is this still the right number?")).toBeAttached();
});

test("a colleague's reply appears in the open conversation with the colleague's name", async ({ page, server }) => {
  const { id, conversation } = await openNewConversation(page, server);
  await (await server.apiAs("bo")).reply(id, "Hello, this is Bo.");
  const reply = conversation.message("Hello, this is Bo.");
  await expect(reply.getByText("Bo", { exact: true })).toBeVisible();
  await expect(reply).toContainText("✓✓ delivered");
});

test("Ctrl+Enter sends a reply once, and the message box keeps the focus", async ({ page, server }) => {
  const { customer, conversation } = await openNewConversation(page, server);
  await conversation.box.fill("Good morning");
  await conversation.box.press("Control+Enter");
  await conversation.box.press("Control+Enter");
  await expect(conversation.messages).toContainText("✓✓ delivered");
  await expect(conversation.box).toHaveValue("");
  await expect(conversation.box).toBeFocused();
  expect(await customer.receivedBodies()).toEqual(["Good morning"]);
});

test("the counter names the character that forces the costlier UCS-2 encoding", async ({ page, server }) => {
  const { conversation } = await openNewConversation(page, server);
  await conversation.box.fill("a".repeat(161));
  await expect(page.getByText("161/306 · 2 parts · GSM-7")).toBeVisible();
  await conversation.box.fill("Friday – fine");
  await expect(page.getByText("13/70 · 1 part · UCS-2 · “–” requires UCS-2")).toBeVisible();
});

test("a draft stays with its conversation and survives a reload", async ({ page, server }) => {
  const { id, conversation } = await openNewConversation(page, server);
  await conversation.box.fill("Half a thought");
  await openNewConversation(page, server, { body: "Another customer" });
  await expect(conversation.box).toHaveValue("");
  await page.goto(`/conversations/${id}`);
  await expect(conversation.box).toHaveValue("Half a thought");
  await page.reload();
  await expect(conversation.box).toHaveValue("Half a thought");
});

test("a draft that a template has replaced can be restored", async ({ page, server }) => {
  const { conversation } = await openNewConversation(page, server);
  await conversation.box.fill("My own words");
  await conversation.template.selectOption("Greeting");
  await expect(conversation.box).toHaveValue(/this is Ann from Collections/);
  await page.getByRole("button", { name: "Restore my text" }).click();
  await expect(conversation.box).toHaveValue("My own words");
});

test("the agent reads that the conversation is closed, also if its event arrives before the response", async ({
  page,
  server,
}) => {
  const { conversation } = await openNewConversation(page, server);
  await page.route(
    /\/closure$/,
    async (route) => {
      const response = await route.fetch();
      await expect(conversation.closing).toHaveCount(0);
      await route.fulfill({ response });
    },
    { times: 1 },
  );
  await conversation.close("Payment arranged");
  await expect(page.getByRole("region", { name: "Notices" })).toContainText("The conversation is closed.");
});

test("a closure that is held after its page was left is reported with a link back", async ({
  page,
  server,
  browserErrors,
}) => {
  browserErrors.expect(409, "/closure");
  const { customer, conversation, id } = await openNewConversation(page, server);
  await page.route(
    /\/closure$/,
    async (route) => {
      await page.waitForURL("/");
      await customer.send("Wait, one more thing");
      await route.continue();
    },
    { times: 1 },
  );
  await conversation.close("Payment arranged");
  await page.getByRole("link", { name: "Conversations in progress" }).click();
  const notice = page.getByRole("region", { name: "Notices" }).getByRole("link");
  await expect(notice).toHaveText("Not closed yet: new messages arrived.");
  await notice.click();
  await expect(page).toHaveURL(`/conversations/${id}`);
});
