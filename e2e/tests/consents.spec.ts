// Opting out and in again: what the customer texts, what is recorded by hand, and what cannot be sent meanwhile.

import { AdHocDialog } from "../fixtures/ad-hoc.ts";
import { Handset } from "../fixtures/handset.ts";
import { expect, test } from "../fixtures/test.ts";
import { texting } from "../fixtures/texting.ts";

test("STOP on the handset takes the composer away and keeps the draft, and START brings both back", async ({
  page,
  context,
  desk,
}) => {
  const [customer] = await texting({ page, context, desk }, "Who is this?", "Support", "bo");
  const box = page.getByRole("textbox", { name: "Message" });
  const consent = page.getByRole("region", { name: "Consent" });
  await box.fill("Half a thought");
  const handset = await Handset.open(context, desk);
  await handset.use(customer.number, "Support");
  await handset.text("STOP");
  await expect(consent).toContainText(
    /^Opted out\. This customer opted out of messages from \+44 7700 900002 on .*, by texting STOP or a similar word\./,
  );
  await expect(consent).toContainText("Your draft is kept.");
  await expect(box).toBeHidden();
  // An agent can't record anything about it.
  await expect(consent.getByRole("textbox")).toBeHidden();

  await handset.text("START");
  await expect(box).toHaveValue("Half a thought");
  await expect(consent).toBeHidden();
  await page.getByRole("button", { name: "Send" }).click();
  await expect(page.getByRole("region", { name: "Messages" })).toContainText("✓✓ delivered");
  expect((await customer.received()).map((text) => text.body)).toContain("Half a thought");
});

test("nobody writes ad hoc to who has opted out, until they opt in again", async ({ page, context, desk }) => {
  const adHoc = new AdHocDialog(page, "Claims");
  const customer = desk.customer("Claims");
  const cy = await desk.agent("cy");
  const say = async (word: string) => {
    await customer.text(word);
    await cy.close((await cy.conversation("Claims", customer.number)).id);
  };
  await say("Stop");
  await desk.signIn(context, "cy");
  await page.goto("/");
  await adHoc.open();
  await adHoc.number.fill(customer.number);
  await expect(adHoc.dialog.getByText(/^This number opted out of messages from \+44 7700 900003 on/)).toBeVisible();
  await expect(adHoc.send).toHaveAttribute("aria-disabled", "true");
  await adHoc.message.fill("Your claim is settled");
  await adHoc.message.press("Control+Enter");
  await expect(adHoc.message).toHaveValue("Your claim is settled");
  // It is the number's word, not the customer's: the other one may still be used.
  await expect(adHoc.from.locator("option")).toHaveText(["+44 7700 900003 – opted out", "+44 7700 900004"]);

  await say("Start");
  await page.keyboard.press("Escape");
  await adHoc.open();
  await expect(adHoc.dialog.getByText(customer.shown, { exact: true })).toBeVisible();
  await expect(adHoc.send).toHaveAttribute("aria-disabled", "false");
  await adHoc.send.click();
  await adHoc.expectSent(customer.shown);
  await expect
    .poll(async () => (await customer.received()).map((text) => text.body))
    .toContain("Your claim is settled");
});

test("a supervisor records an opt-out and a consent by hand, each with a note that the ledger keeps", async ({
  page,
  context,
  desk,
  problems,
}) => {
  problems.expect(422, "/consents");
  const [customer] = await texting({ page, context, desk }, "Who is this?", "Support", "supervisor");
  const box = page.getByRole("textbox", { name: "Message" });
  const consent = page.getByRole("region", { name: "Consent" });
  await page.getByText("Record opt-out").click();
  await page.getByLabel("How did they tell us?").fill("Said so on the phone");
  await page.getByRole("button", { name: "Record opt-out" }).click();
  await expect(consent).toContainText("recorded by Sam Supervisor: “Said so on the phone”.");
  await expect(box).toBeHidden();

  await consent.getByRole("button", { name: "Record opt-in" }).click();
  await expect(consent.getByRole("alert").filter({ hasText: "Enter a note." })).toBeVisible();
  await consent.getByLabel("How did they tell us").fill("Changed their mind by letter");
  await consent.getByRole("button", { name: "Record opt-in" }).click();
  await expect(box).toBeVisible();

  await page.getByRole("link", { name: "Opt-outs" }).click();
  await page.getByLabel("Number").fill(customer.shown.replace("+44 ", "0"));
  const rows = page.getByRole("table", { name: "Opt-outs" }).locator("tbody").getByRole("row");
  await expect(rows).toHaveCount(2);
  const ours = "Support +44 7700 900002";
  for (const [place, [state, note]] of [
    ["Opted in", "Changed their mind by letter"],
    ["Opted out", "Said so on the phone"],
  ].entries()) {
    await expect(rows.nth(place).getByRole("cell")).toHaveText([
      customer.shown,
      ours,
      state!,
      "Recorded by Sam Supervisor",
      /^\d+ \w+ \d\d:\d\d$/,
      note!,
    ]);
  }
});

test("the ledger shows what customers text at once, and finds a number however it is typed", async ({
  page,
  context,
  desk,
  problems,
}) => {
  problems.expect(422, "/consents");
  const [one, other] = [desk.customer("Support"), desk.customer("Support")];
  await one.text("STOP");
  await desk.signIn(context, "bo");
  await page.goto("/consents");
  const row = (shown: string) => page.getByRole("row").filter({ hasText: shown });
  await expect(row(one.shown)).toContainText("Texted by the customer");
  await other.text("Stop.");
  await expect(row(other.shown)).toContainText("Opted out");

  const number = page.getByLabel("Number");
  for (const typed of [one.number, one.shown, one.number.replace("+44", "0")]) {
    await number.fill(typed);
    await expect(row(other.shown)).toBeHidden();
    await expect(row(one.shown)).toBeVisible();
    await number.fill("");
    await expect(row(other.shown)).toBeVisible();
  }
  await number.fill("07700");
  await expect(page.getByText("Too short for a UK number.")).toBeVisible();
  await number.fill("07700 900699");
  await expect(page.getByText("No entries for this number")).toBeVisible();
  await expect(page.getByRole("button", { name: "Record opt-out" })).toBeHidden();
});

test("a supervisor records for any number, from the page of opt-outs", async ({ page, context, desk, problems }) => {
  problems.expect(422, "/consents");
  const customer = desk.customer("Support");
  await desk.signIn(context, "supervisor");
  await page.goto("/consents");
  await page.getByRole("button", { name: "Record opt-out" }).click();
  const dialog = page.getByRole("dialog", { name: "Record an opt-out or opt-in" });
  await dialog.getByLabel("Our number").selectOption("Support · +44 7700 900002");
  await dialog.getByLabel("Customer’s number").fill("07700");
  await dialog.getByRole("button", { name: "Record" }).click();
  await expect(dialog.getByRole("alert").filter({ hasText: "Too short" })).toBeVisible();
  await dialog.getByLabel("Customer’s number").fill(customer.number);
  const note = dialog.getByLabel("Note");
  for (const [typed, said] of [
    ["", /Enter a note\./],
    ["x".repeat(10_000), /At most 1000 characters; this has 10000\./],
  ] as const) {
    await note.fill(typed);
    await dialog.getByRole("button", { name: "Record" }).click();
    await expect(note).toHaveAccessibleDescription(said);
    await expect(note).toHaveValue(typed);
  }
  await note.fill("By letter");
  await dialog.getByRole("button", { name: "Record" }).click();
  await expect(dialog).toBeHidden();
  await expect(page.getByRole("row").filter({ hasText: customer.shown })).toContainText("By letter");
});

test("a ledger that could not be fetched is there after Retry", async ({ page, context, desk, problems }) => {
  problems.expect("net::ERR_FAILED", "/consents");
  await desk.customer("Support").text("STOP");
  await desk.signIn(context, "bo");
  await page.route("**/api/v1/consents*", (route) => route.abort());
  await page.goto("/consents");
  const alert = page.getByRole("main").getByRole("alert");
  await expect(alert).toContainText("The server cannot be reached.");
  await page.unroute("**/api/v1/consents*");
  await alert.getByRole("button", { name: "Retry" }).click();
  await expect(page.getByRole("table", { name: "Opt-outs" })).toBeVisible();
});
