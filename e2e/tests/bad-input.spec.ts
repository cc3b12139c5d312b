// Invalid input: each form shows the error beside the field and keeps the input. Text is never run as code.

import { AccountsPage, fillIdentity } from "../fixtures/accounts.ts";
import { AdHocDialog } from "../fixtures/ad-hoc.ts";
import { BROKEN_PLACEHOLDERS, EMOJI, FORMS, LONG, SCRIPT } from "../fixtures/bad-input.ts";
import { CataloguePage } from "../fixtures/catalogue.ts";
import { openNewConversation } from "../fixtures/conversation.ts";
import { requestsTo } from "../fixtures/network.ts";
import { expect, test } from "../fixtures/test.ts";

const INPUTS = { empty: "", long: LONG, emoji: EMOJI, script: SCRIPT };

for (const form of FORMS) {
  test(`the form for ${form.name} explains invalid input and keeps it`, async ({ page, server, browserErrors }) => {
    browserErrors.expect(422, form.path);
    await server.signIn(page, form.account);
    const container = await form.open(page);
    const fields = Object.entries(form.fields).map(([label, errors]) => ({
      box: container
        .getByRole("textbox", { name: label, exact: true })
        .or(container.getByLabel(label, { exact: true }))
        .first(),
      errors,
    }));
    for (const [kind, typed] of Object.entries(INPUTS)) {
      // A form whose fields all accept the input would be submitted.
      if (!fields.some(({ errors }) => errors[kind as keyof typeof errors])) continue;
      for (const { box } of fields) await box.fill(typed);
      await container.getByRole("button", { name: form.button, exact: true }).click();
      for (const { box, errors } of fields) {
        const error = errors[kind as keyof typeof errors] ?? "";
        await expect(box, kind).toHaveAccessibleDescription(new RegExp(error.replace(/[.?()]/g, "\\$&")));
        await expect(box, kind).toHaveAttribute("aria-invalid", error ? "true" : "false");
        await expect(box, kind).toHaveValue(typed);
      }
    }
  });
}

test("the ad-hoc dialog explains an invalid number and an empty or too long message", async ({ page, server }) => {
  const customer = server.customer("Claims");
  const adHoc = await AdHocDialog.openAs(page, server, "cy", "Claims");
  await adHoc.send.click();
  await expect(adHoc.number).toHaveAccessibleDescription(/Enter a number\./);
  for (const typed of [LONG, EMOJI, SCRIPT]) {
    await adHoc.enterNumber(typed, "This is not a phone number.");
    await expect(adHoc.number).toHaveValue(typed);
  }
  await adHoc.enterNumber(customer.number, customer.displayNumber);
  await adHoc.send.click();
  await expect(adHoc.message).toHaveAccessibleDescription(/Enter a message\./);
  await adHoc.message.fill(LONG);
  await expect(adHoc.dialog.getByText("8,400 characters too many")).toBeVisible();
  await adHoc.send.click();
  await expect(adHoc.message).toHaveAccessibleDescription(
    /A message has at most 1600 characters; this one has 10000\./,
  );
  await expect(adHoc.message).toHaveValue(LONG);
  expect(await customer.receivedMessages()).toEqual([]);
});

test("an empty or too long reply is not sent, and the page says why", async ({ page, server }) => {
  const { customer, conversation } = await openNewConversation(page, server, {
    body: "Any news?",
    team: "Claims",
    account: "cy",
  });
  for (const [typed, expected] of [
    ["", /Enter a message\./],
    [LONG, /A message has at most 1600 characters; this one has 10000\./],
  ] as const) {
    await conversation.reply(typed);
    await expect(conversation.box).toHaveAccessibleDescription(expected);
    await expect(conversation.box).toHaveValue(typed);
  }
  expect(await customer.receivedMessages()).toEqual([]);
});

test("a reply with a broken placeholder is not sent, and its text stays", async ({ page, server }) => {
  const { customer, conversation } = await openNewConversation(page, server, {
    body: "Any news?",
    team: "Claims",
    account: "cy",
  });
  const sent = requestsTo(page, "POST", "/messages");
  for (const { text, error } of BROKEN_PLACEHOLDERS) {
    await conversation.reply(text);
    await expect(page.getByText(error)).toBeVisible();
    await expect(conversation.box).toHaveAttribute("aria-invalid", "true");
    await expect(conversation.box).toHaveValue(text);
  }
  expect(sent).toEqual([]);
  expect(await customer.receivedMessages()).toEqual([]);
});

test("an ad-hoc message with a broken placeholder is not sent, and its text stays", async ({ page, server }) => {
  const customer = server.customer("Claims");
  const adHoc = await AdHocDialog.openAs(page, server, "cy", "Claims");
  await adHoc.enterNumber(customer.number, customer.displayNumber);
  const sent = requestsTo(page, "POST", "/conversations");
  for (const { text, error } of BROKEN_PLACEHOLDERS) {
    await adHoc.message.fill(text);
    await adHoc.send.click();
    await expect(adHoc.dialog.getByText(error)).toBeVisible();
    await expect(adHoc.message).toHaveValue(text);
  }
  expect(sent).toEqual([]);
  expect(await customer.receivedMessages()).toEqual([]);
});

test("a template with a broken placeholder is not saved, and its text stays", async ({ page, server }) => {
  const name = server.uniqueName("Broken");
  const templates = await CataloguePage.openAs(page, server, "supervisor", "template", "Support");
  const dialog = await templates.openNew();
  const box = dialog.getByLabel("Text");
  await dialog.getByLabel("Name").fill(name);
  const sent = requestsTo(page, "POST", "/templates");
  for (const { text, error } of BROKEN_PLACEHOLDERS) {
    await box.fill(text);
    await dialog.getByRole("button", { name: "Save" }).click();
    await expect(dialog.getByText(error)).toBeVisible();
    await expect(box).toBeFocused();
    await expect(box).toHaveValue(text);
  }
  expect(sent).toEqual([]);
  await box.fill("Hello {{name}}");
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(templates.row(name)).toContainText("Hello {{name}}");
});

test("a search term that cannot match is explained, and the next search works", async ({
  page,
  server,
  browserErrors,
}) => {
  browserErrors.expect(400, "/search");
  await server.openAs(page, "bo", "/search");
  const box = page.getByRole("searchbox");
  const main = page.getByRole("main");
  for (const [typed, expected] of [
    [LONG, "This is too long. Type at most 100 characters."],
    [EMOJI, "No matches in the past 90 days."],
    [SCRIPT, "No matches in the past 90 days."],
    ["%_%", "No matches in the past 90 days."],
    ["maria", "2 conversations"],
  ] as const) {
    await box.fill(typed);
    await expect(main).toContainText(expected);
    await expect(box).toHaveValue(typed);
  }
});

test("script tags and emoji in names and messages are shown as plain text", async ({ page, server, browserErrors }) => {
  browserErrors.expect(409, "/templates");
  const name = server.uniqueName(`${EMOJI} ${SCRIPT}`);
  const templates = new CataloguePage(page, "template", "Support");
  const { customer, conversation } = await openNewConversation(page, server, {
    body: SCRIPT,
    team: "Support",
    account: "supervisor",
  });
  await expect(conversation.messages).toContainText(SCRIPT);
  await conversation.reply(`${EMOJI} ${SCRIPT}`);
  await expect(conversation.messages).toContainText(`${EMOJI} ${SCRIPT}`);
  // The thread shows the reply before the gateway has received it.
  await expect.poll(() => customer.receivedBodies()).toEqual([`${EMOJI} ${SCRIPT}`]);
  await conversation.note.fill(SCRIPT);
  await conversation.close("Solved");
  await expect(page.getByRole("status").filter({ hasText: "Closed by" })).toContainText(SCRIPT);

  await templates.open();
  const dialog = await templates.openNew();
  await dialog.getByLabel("Name").fill(name);
  await dialog.getByLabel("Text").fill(SCRIPT);
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(templates.row(name)).toContainText(SCRIPT);
  const duplicate = await templates.openNew();
  await duplicate.getByLabel("Name").fill(name.toUpperCase());
  await duplicate.getByLabel("Text").fill("Hello");
  await duplicate.getByRole("button", { name: "Save" }).click();
  await expect(duplicate.getByLabel("Name")).toHaveAccessibleDescription(/A template named .* already exists\./);
});

test("duplicate names, e-mail addresses and numbers are refused, and the input stays", async ({
  page,
  server,
  browserErrors,
}) => {
  for (const path of ["/closure_reasons", "/teams", "/numbers", "/accounts"]) browserErrors.expect(409, path);
  await server.signIn(page, "admin");
  const reasons = new CataloguePage(page, "closure reason", "Support");
  await reasons.open();
  const reason = await reasons.openNew();
  await reason.getByLabel("Name").fill(" solved ");
  await reason.getByRole("button", { name: "Save" }).click();
  await expect(reason.getByLabel("Name")).toHaveAccessibleDescription(
    "A closure reason named solved already exists. Choose another name.",
  );
  await expect(reason.getByLabel("Name")).toHaveValue(" solved ");

  await page.goto("/teams");
  await page.getByRole("button", { name: "New team" }).click();
  const team = page.getByRole("dialog", { name: "New team" });
  await team.getByLabel("Name").fill("SUPPORT");
  await team.getByRole("button", { name: "Create team" }).click();
  await expect(team.getByLabel("Name")).toHaveAccessibleDescription(
    "A team named SUPPORT already exists. Choose another name.",
  );
  await page.keyboard.press("Escape");

  await page.getByRole("link", { name: "Open Support" }).click();
  const number = page.getByLabel("Add a number");
  for (const [typed, owner] of [
    ["07700 900002", "This team"],
    ["+44 7700 900003", "Another team"],
  ] as const) {
    await number.fill(typed);
    await page.getByRole("button", { name: "Add number" }).click();
    await expect(number).toHaveAccessibleDescription(new RegExp(`${owner} already has`));
    await expect(number).toHaveValue(typed);
  }

  const accounts = new AccountsPage(page);
  await accounts.open();
  const account = await accounts.openNew();
  await fillIdentity(account, { name: "Another Ann", email: "Ann@Example.com", password: "four words in a row" });
  await account.getByRole("button", { name: "Save" }).click();
  await expect(account.getByLabel("E-mail")).toHaveAccessibleDescription(
    "An account with ann@example.com already exists.",
  );
  await expect(account.getByLabel("Password", { exact: true })).toHaveValue("four words in a row");
});
