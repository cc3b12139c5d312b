// Opt-outs and opt-ins: by message, recorded by an account, and refused sends in between.

import { AdHocDialog } from "../fixtures/ad-hoc.ts";
import { openNewConversation } from "../fixtures/conversation.ts";
import { Handset } from "../fixtures/handset.ts";
import { expectLive } from "../fixtures/network.ts";
import { expect, test } from "../fixtures/test.ts";

test("STOP hides the composer and keeps the draft, and START shows both again", async ({ page, context, server }) => {
  const { customer, conversation } = await openNewConversation(page, server, {
    body: "Who is this?",
    team: "Support",
    account: "bo",
  });
  const consent = page.getByRole("region", { name: "Consent" });
  await conversation.box.fill("Half a thought");
  const handset = await Handset.open(context, server);
  await handset.use(customer.number, "Support");
  await handset.send("STOP");
  await expect(consent).toContainText(
    /^Opted out\. This customer opted out of messages from \+44 7700 900002 on .*, by texting STOP or a similar word\./,
  );
  await expect(consent).toContainText("Your draft is saved.");
  await expect(conversation.box).toBeHidden();
  // An agent lacks the permission to record an opt-in.
  await expect(consent.getByRole("textbox")).toBeHidden();

  await handset.send("START");
  await expect(conversation.box).toHaveValue("Half a thought");
  await expect(consent).toBeHidden();
  // A reply to a message that the agent has not seen is held.
  await expect(conversation.message("START")).toBeVisible();
  await conversation.sendButton.click();
  await expect(conversation.messages).toContainText("✓✓ delivered");
  expect(await customer.receivedBodies()).toContain("Half a thought");
});

test("an ad-hoc message to an opted-out number can be sent only after an opt-in", async ({ page, server }) => {
  const customer = server.customer("Claims");
  const cy = await server.apiAs("cy");
  const sendAndClose = async (body: string) => {
    await customer.send(body);
    await cy.close((await cy.conversation("Claims", customer.number)).id);
  };
  await sendAndClose("Stop");
  const adHoc = await AdHocDialog.openAs(page, server, "cy", "Claims");
  await adHoc.number.fill(customer.number);
  await expect(adHoc.dialog.getByText(/^This number opted out of messages from \+44 7700 900003 on/)).toBeVisible();
  await expect(adHoc.send).toHaveAttribute("aria-disabled", "true");
  await adHoc.message.fill("Your claim is settled");
  await adHoc.message.press("Control+Enter");
  await expect(adHoc.message).toHaveValue("Your claim is settled");
  // The opt-out applies to one of the team's numbers. The other can still be used.
  await expect(adHoc.from.locator("option")).toHaveText(["+44 7700 900003 – opted out", "+44 7700 900004"]);

  await sendAndClose("Start");
  await page.keyboard.press("Escape");
  await adHoc.open();
  await expect(adHoc.dialog.getByText(customer.displayNumber, { exact: true })).toBeVisible();
  await expect(adHoc.send).toHaveAttribute("aria-disabled", "false");
  await adHoc.send.click();
  await adHoc.expectSent(customer.displayNumber);
  await expect.poll(() => customer.receivedBodies()).toContain("Your claim is settled");
});

test("a supervisor records an opt-out and an opt-in in a conversation, and the ledger has both notes", async ({
  page,
  server,
  browserErrors,
}) => {
  browserErrors.expect(422, "/consents");
  const { customer, conversation } = await openNewConversation(page, server, {
    body: "Who is this?",
    team: "Support",
    account: "supervisor",
  });
  const consent = page.getByRole("region", { name: "Consent" });
  await page.getByText("Record opt-out").click();
  await page.getByLabel("How did the customer opt out?").fill("Said so on the phone");
  await page.getByRole("button", { name: "Record opt-out" }).click();
  await expect(consent).toContainText("recorded by Sam Supervisor: “Said so on the phone”.");
  await expect(conversation.box).toBeHidden();

  await consent.getByRole("button", { name: "Record opt-in" }).click();
  await expect(consent.getByRole("alert").filter({ hasText: "Enter a note." })).toBeVisible();
  await consent.getByLabel("How did the customer opt in?").fill("Changed their mind by letter");
  await consent.getByRole("button", { name: "Record opt-in" }).click();
  await expect(conversation.box).toBeVisible();

  await page.getByRole("link", { name: "Opt-outs" }).click();
  await page.getByLabel("Number").fill(customer.displayNumber.replace("+44 ", "0"));
  const rows = page.getByRole("table", { name: "Opt-outs" }).locator("tbody").getByRole("row");
  await expect(rows).toHaveCount(2);
  const teamNumber = "Support +44 7700 900002";
  for (const [index, [state, note]] of [
    ["Opted in", "Changed their mind by letter"],
    ["Opted out", "Said so on the phone"],
  ].entries()) {
    await expect(rows.nth(index).getByRole("cell")).toHaveText([
      customer.displayNumber,
      teamNumber,
      state!,
      "Recorded by Sam Supervisor",
      /^\d+ \w+ \d\d:\d\d$/,
      note!,
    ]);
  }
});

test("the consent ledger shows new opt-outs at once, and finds a number in any format", async ({
  page,
  server,
  browserErrors,
}) => {
  browserErrors.expect(422, "/consents");
  const [first, second] = [server.customer("Support"), server.customer("Support")];
  await first.send("STOP");
  await server.openAs(page, "bo", "/consents");
  const row = (displayNumber: string) => page.getByRole("row").filter({ hasText: displayNumber });
  await expect(row(first.displayNumber)).toContainText("Texted by the customer");
  await second.send("Stop.");
  await expect(row(second.displayNumber)).toContainText("Opted out");

  const number = page.getByLabel("Number");
  for (const typed of [first.number, first.displayNumber, first.number.replace("+44", "0")]) {
    await number.fill(typed);
    await expect(row(second.displayNumber)).toBeHidden();
    await expect(row(first.displayNumber)).toBeVisible();
    await number.fill("");
    await expect(row(second.displayNumber)).toBeVisible();
  }
  await number.fill("07700");
  await expect(page.getByText("Too short for a UK number.")).toBeVisible();
  await number.fill("07700 900699");
  await expect(page.getByText("No entries for this number")).toBeVisible();
  await expect(page.getByRole("button", { name: "Record opt-out" })).toBeHidden();
});

test("a supervisor can record an opt-out for any number on the opt-outs page", async ({
  page,
  server,
  browserErrors,
}) => {
  browserErrors.expect(422, "/consents");
  const customer = server.customer("Support");
  await server.openAs(page, "supervisor", "/consents");
  await page.getByRole("button", { name: "Record opt-out" }).click();
  const dialog = page.getByRole("dialog", { name: "Record an opt-out or opt-in" });
  await dialog.getByLabel("Team number").selectOption("Support · +44 7700 900002");
  await dialog.getByLabel("Customer’s number").fill("07700");
  await dialog.getByRole("button", { name: "Record" }).click();
  await expect(dialog.getByRole("alert").filter({ hasText: "Too short" })).toBeVisible();
  await dialog.getByLabel("Customer’s number").fill(customer.number);
  const note = dialog.getByLabel("Note");
  for (const [typed, error] of [
    ["", /Enter a note\./],
    ["x".repeat(10_000), /At most 1000 characters; this has 10000\./],
  ] as const) {
    await note.fill(typed);
    await dialog.getByRole("button", { name: "Record" }).click();
    await expect(note).toHaveAccessibleDescription(error);
    await expect(note).toHaveValue(typed);
  }
  await note.fill("By letter");
  await dialog.getByRole("button", { name: "Record" }).click();
  await expect(dialog).toBeHidden();
  await expect(page.getByRole("row").filter({ hasText: customer.displayNumber })).toContainText("By letter");
});

test("Retry loads the consent ledger after a failed request", async ({ page, freshServer: server, browserErrors }) => {
  browserErrors.expect("net::ERR_FAILED", "/consents");
  await server.customer("Support").send("STOP");
  await page.route("**/api/v1/consents*", (route) => route.abort());
  await server.openAs(page, "bo", "/consents");
  const alert = page.getByRole("main").getByRole("alert");
  await expect(alert).toContainText("The server cannot be reached.");
  // Otherwise the first live update would load the ledger before the click.
  await expectLive(page);
  await page.unroute("**/api/v1/consents*");
  await alert.getByRole("button", { name: "Retry" }).click();
  await expect(page.getByRole("table", { name: "Opt-outs" })).toBeVisible();
});
