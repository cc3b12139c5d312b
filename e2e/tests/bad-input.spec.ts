// Bad input: each form says beside the field what is wrong with it, keeps what was typed, and never takes text for code.

import { AccountsPage } from "../fixtures/accounts.ts";
import { AdHocDialog } from "../fixtures/ad-hoc.ts";
import { BROKEN_PLACEHOLDERS, EMOJI, FORMS, LONG, SCRIPT } from "../fixtures/bad-input.ts";
import { Catalogue } from "../fixtures/catalogue.ts";
import { requestsTo } from "../fixtures/requests.ts";
import { expect, test } from "../fixtures/test.ts";
import { texting } from "../fixtures/texting.ts";

const INPUTS = { empty: "", long: LONG, emoji: EMOJI, script: SCRIPT };

for (const form of FORMS) {
  test(`what is typed wrong is explained and kept: ${form.name}`, async ({ page, context, desk, problems }) => {
    problems.expect(422, form.path);
    await desk.signIn(context, form.account);
    const place = await form.open(page);
    const fields = Object.entries(form.fields).map(([label, said]) => ({
      box: place
        .getByRole("textbox", { name: label, exact: true })
        .or(place.getByLabel(label, { exact: true }))
        .first(),
      said,
    }));
    for (const [kind, typed] of Object.entries(INPUTS)) {
      // A form that has nothing against it would be sent.
      if (!fields.some(({ said }) => said[kind as keyof typeof said])) continue;
      for (const { box } of fields) await box.fill(typed);
      await place.getByRole("button", { name: form.button, exact: true }).click();
      for (const { box, said } of fields) {
        const words = said[kind as keyof typeof said] ?? "";
        await expect(box, kind).toHaveAccessibleDescription(new RegExp(words.replace(/[.?()]/g, "\\$&")));
        await expect(box, kind).toHaveAttribute("aria-invalid", words ? "true" : "false");
        await expect(box, kind).toHaveValue(typed);
      }
    }
  });
}

test("an ad-hoc message without a number, or with too much text, says so", async ({ page, context, desk }) => {
  const adHoc = new AdHocDialog(page, "Claims");
  const customer = desk.customer("Claims");
  await desk.signIn(context, "cy");
  await page.goto("/");
  await adHoc.open();
  await adHoc.send.click();
  await expect(adHoc.number).toHaveAccessibleDescription(/Enter a number\./);
  for (const typed of [LONG, EMOJI, SCRIPT]) {
    await adHoc.address(typed, "This is not a phone number.");
    await expect(adHoc.number).toHaveValue(typed);
  }
  await adHoc.address(customer.number, customer.shown);
  await adHoc.send.click();
  await expect(adHoc.message).toHaveAccessibleDescription(/Enter a message\./);
  await adHoc.message.fill(LONG);
  await expect(adHoc.dialog.getByText("8,400 characters too many")).toBeVisible();
  await adHoc.send.click();
  await expect(adHoc.message).toHaveAccessibleDescription(/A message has at most 1600 characters; this one has 10000\./);
  await expect(adHoc.message).toHaveValue(LONG);
  expect(await customer.received()).toEqual([]);
});

test("a reply without a text, or with too much of it, says so", async ({ page, context, desk }) => {
  const [customer] = await texting({ page, context, desk }, "Any news?", "Claims", "cy");
  const box = page.getByRole("textbox", { name: "Message" });
  for (const [typed, said] of [
    ["", /Enter a message\./],
    [LONG, /A message has at most 1600 characters; this one has 10000\./],
  ] as const) {
    await box.fill(typed);
    await page.getByRole("button", { name: "Send" }).click();
    await expect(box).toHaveAccessibleDescription(said);
    await expect(box).toHaveValue(typed);
  }
  expect(await customer.received()).toEqual([]);
});

test("a reply with a broken placeholder is not sent, and the text stays", async ({ page, context, desk }) => {
  const [customer] = await texting({ page, context, desk }, "Any news?", "Claims", "cy");
  const box = page.getByRole("textbox", { name: "Message" });
  const sent = requestsTo(page, "POST", "/messages");
  for (const { text, said } of BROKEN_PLACEHOLDERS) {
    await box.fill(text);
    await page.getByRole("button", { name: "Send" }).click();
    await expect(page.getByText(said)).toBeVisible();
    await expect(box).toHaveAttribute("aria-invalid", "true");
    await expect(box).toHaveValue(text);
  }
  expect(sent).toEqual([]);
  expect(await customer.received()).toEqual([]);
});

test("an ad-hoc message with a broken placeholder is not sent, and the text stays", async ({ page, context, desk }) => {
  const adHoc = new AdHocDialog(page, "Claims");
  const customer = desk.customer("Claims");
  await desk.signIn(context, "cy");
  await page.goto("/");
  await adHoc.open();
  await adHoc.address(customer.number, customer.shown);
  const sent = requestsTo(page, "POST", "/conversations");
  for (const { text, said } of BROKEN_PLACEHOLDERS) {
    await adHoc.message.fill(text);
    await adHoc.send.click();
    await expect(adHoc.dialog.getByText(said)).toBeVisible();
    await expect(adHoc.message).toHaveValue(text);
  }
  expect(sent).toEqual([]);
  expect(await customer.received()).toEqual([]);
});

test("a template with a broken placeholder is not saved, and the text stays", async ({ page, context, desk }) => {
  const templates = new Catalogue(page, "template", "Support");
  const name = desk.unique("Broken");
  await desk.signIn(context, "supervisor");
  await templates.open();
  const dialog = await templates.begin();
  const box = dialog.getByLabel("Text");
  await dialog.getByLabel("Name").fill(name);
  const sent = requestsTo(page, "POST", "/templates");
  for (const { text, said } of BROKEN_PLACEHOLDERS) {
    await box.fill(text);
    await dialog.getByRole("button", { name: "Save" }).click();
    await expect(dialog.getByText(said)).toBeVisible();
    await expect(box).toBeFocused();
    await expect(box).toHaveValue(text);
  }
  expect(sent).toEqual([]);
  await box.fill("Hello {{name}}");
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(templates.row(name)).toContainText("Hello {{name}}");
});

test("a search for what cannot be looked for says so, and finds again after it", async ({
  page,
  context,
  desk,
  problems,
}) => {
  problems.expect(400, "/search");
  await desk.signIn(context, "bo");
  await page.goto("/search");
  const box = page.getByRole("searchbox");
  const main = page.getByRole("main");
  for (const [typed, said] of [
    [LONG, "No number, reference or name is that long."],
    [EMOJI, "No matches in the past 90 days."],
    [SCRIPT, "No matches in the past 90 days."],
    ["%_%", "No matches in the past 90 days."],
    ["maria", "2 conversations"],
  ] as const) {
    await box.fill(typed);
    await expect(main).toContainText(said);
    await expect(box).toHaveValue(typed);
  }
});

test("what is called like a script or a smile is shown as it was typed", async ({ page, context, desk, problems }) => {
  problems.expect(409, "/templates");
  const name = desk.unique(`${EMOJI} ${SCRIPT}`);
  const templates = new Catalogue(page, "template", "Support");
  const [customer] = await texting({ page, context, desk }, SCRIPT, "Support", "supervisor");
  const messages = page.getByRole("region", { name: "Messages" });
  await expect(messages).toContainText(SCRIPT);
  await page.getByRole("textbox", { name: "Message" }).fill(`${EMOJI} ${SCRIPT}`);
  await page.getByRole("button", { name: "Send" }).click();
  await expect(messages).toContainText(`${EMOJI} ${SCRIPT}`);
  // What stands in the thread is kept; the gateway has it a moment later.
  await expect
    .poll(async () => (await customer.received()).map((text) => text.body))
    .toEqual([`${EMOJI} ${SCRIPT}`]);
  await page.getByLabel("Note").fill(SCRIPT);
  await page.getByLabel("Reason").selectOption("Solved");
  await page.getByRole("button", { name: "Close conversation" }).click();
  await expect(page.getByRole("status").filter({ hasText: "Closed by" })).toContainText(SCRIPT);

  await templates.open();
  const making = await templates.begin();
  await making.getByLabel("Name").fill(name);
  await making.getByLabel("Text").fill(SCRIPT);
  await making.getByRole("button", { name: "Save" }).click();
  await expect(templates.row(name)).toContainText(SCRIPT);
  const again = await templates.begin();
  await again.getByLabel("Name").fill(name.toUpperCase());
  await again.getByLabel("Text").fill("Hello");
  await again.getByRole("button", { name: "Save" }).click();
  await expect(again.getByLabel("Name")).toHaveAccessibleDescription(/A template named .* already exists\./);
});

test("names, addresses and numbers that somebody has already are refused, and what was typed stays", async ({
  page,
  context,
  desk,
  problems,
}) => {
  for (const path of ["/closure_reasons", "/teams", "/numbers", "/accounts"]) problems.expect(409, path);
  await desk.signIn(context, "admin");
  const reasons = new Catalogue(page, "closure reason", "Support");
  await reasons.open();
  const reason = await reasons.begin();
  await reason.getByLabel("Name").fill(" solved ");
  await reason.getByRole("button", { name: "Save" }).click();
  await expect(reason.getByLabel("Name")).toHaveAccessibleDescription("A closure reason named solved already exists. Choose another name.");
  await expect(reason.getByLabel("Name")).toHaveValue(" solved ");

  await page.goto("/teams");
  await page.getByRole("button", { name: "New team" }).click();
  const team = page.getByRole("dialog", { name: "New team" });
  await team.getByLabel("Name").fill("SUPPORT");
  await team.getByRole("button", { name: "Create team" }).click();
  await expect(team.getByLabel("Name")).toHaveAccessibleDescription("A team named SUPPORT already exists. Choose another name.");
  await page.keyboard.press("Escape");

  await page.getByRole("link", { name: "Open Support" }).click();
  const number = page.getByLabel("Add a number");
  for (const [typed, whose] of [
    ["07700 900002", "This team"],
    ["+44 7700 900003", "Another team"],
  ] as const) {
    await number.fill(typed);
    await page.getByRole("button", { name: "Add number" }).click();
    await expect(number).toHaveAccessibleDescription(new RegExp(`${whose} already has`));
    await expect(number).toHaveValue(typed);
  }

  const accounts = new AccountsPage(page);
  await accounts.open();
  const account = await accounts.begin();
  await account.getByLabel("E-mail").fill("Ann@Example.com");
  await account.getByLabel("Name", { exact: true }).fill("Another Ann");
  await account.getByLabel("Password", { exact: true }).fill("four words in a row");
  await account.getByRole("button", { name: "Save" }).click();
  await expect(account.getByLabel("E-mail")).toHaveAccessibleDescription(
    "An account with ann@example.com already exists.",
  );
  await expect(account.getByLabel("Password", { exact: true })).toHaveValue("four words in a row");
});
