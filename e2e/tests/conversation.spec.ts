// A conversation as both ends see it: the agent's desk and the customer's handset, side by side in one browser.

import { NAOMI } from "../fixtures/demo.ts";
import { Handset } from "../fixtures/handset.ts";
import { SignInPage } from "../fixtures/sign-in.ts";
import { expect, test } from "../fixtures/test.ts";
import { texting } from "../fixtures/texting.ts";

test("a conversation goes from the customer's first text to its closure, and the next one knows of it", async ({
  page,
  context,
  desk,
  problems,
}) => {
  const messages = page.getByRole("region", { name: "Messages" });
  const box = page.getByRole("textbox", { name: "Message" });
  const row = page.getByRole("region", { name: "Collections" }).getByRole("row", { name: NAOMI.ref });

  const signIn = new SignInPage(page);
  await signIn.open();
  await signIn.as("ann");
  await expect(page.getByRole("heading", { name: "Conversations in progress" })).toBeVisible();
  await expect(page.getByRole("region", { name: "Collections" })).toBeVisible();
  await expect(row).toBeHidden();

  const handset = await Handset.open(context, desk);
  await test.step("the customer texts, and the queue has it without a reload", async () => {
    await handset.use(NAOMI.number, "Collections");
    // Rows keep their place under the pointer, which has just pressed "Sign in" there.
    await page.getByRole("heading", { level: 1 }).hover();
    await handset.text("Can I pay on Friday?");
    await expect(row.getByRole("cell")).toHaveText([
      NAOMI.ref,
      NAOMI.name,
      "+44 7700 900160",
      "just now",
      /Agent\s*waiting under 1 min/,
      /Open/,
    ]);
  });

  await test.step("the agent opens it", async () => {
    await row.getByRole("link", { name: `Open conversation with ${NAOMI.name}, +44 7700 900160` }).click();
    await expect(page.getByRole("heading", { level: 1 })).toHaveText(`${NAOMI.ref} · ${NAOMI.name} · +44 7700 900160`);
    await expect(page.getByText(/Started by an inbound message/)).toContainText("Collections");
    await expect(messages.getByText("Can I pay on Friday?")).toBeVisible();
    await expect(page.getByRole("region", { name: /^Key data/ })).toContainText(NAOMI.name);
    await expect(page.getByRole("definition").first()).toHaveText(/^GBP /);
  });

  await test.step("a template with a value that the file lacks is not sent before it is filled in", async () => {
    await page.getByRole("combobox", { name: "Template" }).selectOption("Payment plan");
    await expect(box).toHaveValue(/^Naomi Adeyemi, we can split GBP [\d.]+ over {{Instalments}} months\..* Ann$/);
    await expect(page.getByText("Fill in: {{Instalments}}")).toBeVisible();
    await page.getByRole("button", { name: "Send" }).click();
    await expect(page.getByText("Not sent. Fill in first: {{Instalments}}")).toBeVisible();
    expect(await desk.customer("Collections", NAOMI.number).received()).toEqual([]);
  });

  const reply = (await box.inputValue()).replace("{{Instalments}}", "3");
  await test.step("filled in, it is counted, sent, received and marked as delivered", async () => {
    await box.fill(reply);
    await expect(page.getByText(`${reply.length}/160 · 1 part · GSM-7`)).toBeVisible();
    await page.getByRole("button", { name: "Send" }).click();
    await expect(handset.bubble(reply)).toContainText("Delivered");
    const sent = messages.getByRole("listitem").filter({ hasText: reply });
    await expect(sent).toContainText("Ann");
    await expect(sent).toContainText("✓✓ delivered");
    await expect(box).toHaveValue("");
  });

  const address = page.url();
  await test.step("it is closed, with a reason and a note, and is read-only from then on", async () => {
    const closing = page.getByRole("region", { name: "Close conversation" });
    await closing.getByRole("button", { name: "Close conversation" }).click();
    await expect(closing.getByRole("alert").filter({ hasText: "Choose a reason." })).toBeVisible();
    await closing.getByLabel("Reason").selectOption("Payment arranged");
    await closing.getByLabel("Note").fill("Three months from December");
    await closing.getByRole("button", { name: "Close conversation" }).click();
    await expect(page.getByText(/^Closed by Ann on .* · Payment arranged · Three months from December$/)).toBeVisible();
    await expect(page.getByText("This conversation is read-only.")).toBeVisible();
    await expect(box).toBeHidden();
    await expect(closing).toBeHidden();
    await expect(messages.getByText(reply)).toBeVisible();
  });

  await test.step("the customer's next text begins another conversation, which links to this one", async () => {
    await handset.text("Sorry, Saturday after all");
    await page.getByRole("link", { name: "Conversations in progress" }).click();
    await row.getByRole("link", { name: /^Open conversation/ }).click();
    await expect(messages.getByText("Sorry, Saturday after all")).toBeVisible();
    await expect(messages.getByText("Can I pay on Friday?")).toBeHidden();
    expect(page.url()).not.toBe(address);
    await page.getByRole("link", { name: "Previous conversation" }).click();
    await expect(page).toHaveURL(address);
    await expect(messages.getByText("Can I pay on Friday?")).toBeVisible();
    await expect(page.getByText(/^Closed by Ann/)).toBeVisible();
  });
});

test("what the customer texts appears in the open conversation and is read out", async ({ page, context, desk }) => {
  const [customer] = await texting({ page, context, desk });
  const messages = page.getByRole("region", { name: "Messages" });
  await customer.text("Is this still the right number?");
  await expect(messages.getByText("Is this still the right number?")).toBeInViewport();
  await expect(page.getByText("New message from the customer: Is this still the right number?")).toBeAttached();
});

test("a reply from another desk appears here, with its sender", async ({ page, context, desk }) => {
  const [, id] = await texting({ page, context, desk });
  await (await desk.agent("bo")).reply(id, "Hello, this is Bo.");
  const messages = page.getByRole("region", { name: "Messages" });
  const theirs = messages.getByRole("listitem").filter({ hasText: "Hello, this is Bo." });
  await expect(theirs.getByText("Bo", { exact: true })).toBeVisible();
  await expect(theirs).toContainText("✓✓ delivered");
});

test("Ctrl+Enter sends, once, and the box keeps the focus for the next text", async ({ page, context, desk }) => {
  const [customer] = await texting({ page, context, desk });
  const box = page.getByRole("textbox", { name: "Message" });
  await box.fill("Good morning");
  await box.press("Control+Enter");
  await box.press("Control+Enter");
  await expect(page.getByRole("region", { name: "Messages" })).toContainText("✓✓ delivered");
  await expect(box).toHaveValue("");
  await expect(box).toBeFocused();
  expect((await customer.received()).map((text) => text.body)).toEqual(["Good morning"]);
});

test("the count names the character that makes a text dear", async ({ page, context, desk }) => {
  await texting({ page, context, desk });
  const box = page.getByRole("textbox", { name: "Message" });
  await box.fill("a".repeat(161));
  await expect(page.getByText("161/306 · 2 parts · GSM-7")).toBeVisible();
  await box.fill("Friday – fine");
  await expect(page.getByText("13/70 · 1 part · UCS-2 · “–” makes this UCS-2")).toBeVisible();
});

test("a draft stays with its conversation and survives a reload", async ({ page, context, desk }) => {
  const [, id] = await texting({ page, context, desk });
  const box = page.getByRole("textbox", { name: "Message" });
  await box.fill("Half a thought");
  await texting({ page, context, desk }, "Somebody else");
  await expect(box).toHaveValue("");
  await page.goto(`/conversations/${id}`);
  await expect(box).toHaveValue("Half a thought");
  await page.reload();
  await expect(box).toHaveValue("Half a thought");
});

test("what a template replaces can be brought back", async ({ page, context, desk }) => {
  await texting({ page, context, desk });
  const box = page.getByRole("textbox", { name: "Message" });
  await box.fill("My own words");
  await page.getByRole("combobox", { name: "Template" }).selectOption("Greeting");
  await expect(box).toHaveValue(/this is Ann from Collections/);
  await page.getByRole("button", { name: "Bring back my text" }).click();
  await expect(box).toHaveValue("My own words");
});
