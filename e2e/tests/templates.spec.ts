// Templates: supervisors manage them, and agents can use them at once.

import { CataloguePage } from "../fixtures/catalogue.ts";
import { openNewConversation } from "../fixtures/conversation.ts";
import { expect, test } from "../fixtures/test.ts";

test("a supervisor creates a template with a preview, and agents can use it at once", async ({
  page,
  server,
  browserErrors,
}) => {
  browserErrors.expect(422, "/templates");
  const name = server.uniqueName("Outage");
  const templates = await CataloguePage.openAs(page, server, "supervisor", "template", "Support");
  const dialog = await templates.openNew();
  const text = dialog.getByLabel("Text");
  const preview = dialog.getByText("Preview").locator("xpath=following-sibling::p[1]");

  await test.step("a placeholder is inserted at the cursor", async () => {
    await dialog.getByLabel("Name").fill(name);
    await text.fill("Your  is down, ");
    await text.press("Home");
    for (let steps = 0; steps < "Your ".length; steps += 1) await text.press("ArrowRight");
    await dialog.getByRole("button", { name: "Router" }).click();
    await expect(text).toHaveValue("Your {{Router}} is down, ");
    await expect(text).toBeFocused();
    await text.press("End");
    await page.keyboard.type("{{colour}}.");
    await expect(preview).toHaveText(/^Your Hub \d.* is down, {{colour}}\.$/);
    await expect(dialog.getByText(/^Unknown field: {{colour}}\. You can use: .*{{Router}}/)).toBeVisible();
  });

  await test.step("an unknown placeholder is refused, and the input stays", async () => {
    await dialog.getByRole("button", { name: "Save" }).click();
    await expect(dialog.getByRole("alert").filter({ hasText: "{{colour}} cannot be filled in." })).toBeVisible();
    await expect(text).toHaveAttribute("aria-invalid", "true");
    await expect(dialog.getByLabel("Name")).toHaveValue(name);
    await expect(text).toHaveValue("Your {{Router}} is down, {{colour}}.");
  });

  await test.step("the corrected template appears at the end of the team's list", async () => {
    await text.fill("Your {{Router}} is down, {{name}}.");
    await dialog.getByRole("button", { name: "Save" }).click();
    await expect(dialog).toBeHidden();
    await expect(templates.rows.last()).toContainText("Your {{Router}} is down, {{name}}.");
    expect((await templates.names()).at(-1)).toBe(name);
  });

  await test.step("an agent can choose the template in the composer", async () => {
    const { conversation } = await openNewConversation(page, server, {
      body: "Is it mended?",
      team: "Support",
      account: "bo",
    });
    await expect(conversation.template.locator("option", { hasText: name })).toBeAttached();
    await conversation.template.selectOption(name);
    await expect(conversation.box).toHaveValue("Your {{Router}} is down, {{name}}.");
  });
});

test("templates can be reordered, and the order survives a reload", async ({ page, server }) => {
  const [first, second] = [server.uniqueName("Order"), server.uniqueName("Order")];
  const supervisor = await server.apiAs("supervisor");
  for (const name of [first, second]) await supervisor.createTemplate("Support", name, "Hello");
  const templates = await CataloguePage.openAs(page, server, "supervisor", "template", "Support");
  await templates.move(second, "up");
  await expect.poll(async () => (await templates.names()).slice(-2)).toEqual([second, first]);
  await expect(templates.section.getByRole("button", { name: `Move ${second} up`, exact: true })).toBeFocused();
  await expect(page.getByText(new RegExp(`^${second} is now \\d+ of \\d+$`))).toBeAttached();
  await expect(page.getByRole("button", { name: `Move ${first} down`, exact: true })).toHaveAttribute(
    "aria-disabled",
    "true",
  );
  await page.reload();
  await expect(templates.rows.first()).toBeVisible();
  expect((await templates.names()).slice(-2)).toEqual([second, first]);
});

test("deleting a used template archives it until restored, and deleting an unused one removes it", async ({
  page,
  server,
}) => {
  const templates = new CataloguePage(page, "template", "Support");
  const [used, unused] = [server.uniqueName("Used"), server.uniqueName("Unused")];
  const supervisor = await server.apiAs("supervisor");
  for (const name of [used, unused]) await supervisor.createTemplate("Support", name, `This is ${name}`);
  const { id, conversation } = await openNewConversation(page, server, {
    body: "Is it mended?",
    team: "Support",
    account: "supervisor",
  });
  await conversation.template.selectOption(used);
  await conversation.sendButton.click();
  await expect(conversation.messages).toContainText("✓✓ delivered");

  await templates.open();
  await templates.delete(unused);
  await templates.delete(used);
  await templates.section.getByText(/^Archived/).click();
  const archived = templates.section.getByRole("listitem");
  await expect(archived.filter({ hasText: used })).toBeVisible();
  await expect(archived.filter({ hasText: unused })).toBeHidden();
  await page.goto(`/conversations/${id}`);
  const options = conversation.template.locator("option");
  await expect(options.filter({ hasText: "Greeting" })).toBeAttached();
  await expect(options.filter({ hasText: used })).not.toBeAttached();
  await expect(conversation.messages).toContainText(`This is ${used}`);

  await templates.open();
  await templates.restore(used);
  await page.goto(`/conversations/${id}`);
  await expect(options.filter({ hasText: used })).toBeAttached();
});

test("an edited template changes in another account's list without a reload", async ({ page, server, otherPage }) => {
  const [before, after] = [server.uniqueName("Before"), server.uniqueName("After")];
  await (await server.apiAs("supervisor")).createTemplate("Support", before, "Hello");
  const templates = await CataloguePage.openAs(page, server, "supervisor", "template", "Support");
  await server.openAs(otherPage, "admin", "/templates");
  const otherTemplates = new CataloguePage(otherPage, "template", "Support");
  await expect(otherTemplates.row(before)).toBeVisible();
  const dialog = await templates.openEdit(before);
  await dialog.getByLabel("Name").fill(after);
  await dialog.getByLabel("Text").fill("Good morning");
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(templates.row(after)).toContainText("Good morning");
  await expect(otherTemplates.row(after)).toContainText("Good morning");
  await expect(otherTemplates.row(before)).toBeHidden();
});

test("only administrators can change the templates of all teams", async ({ page, server, otherPage }) => {
  const templates = await CataloguePage.openAs(page, server, "supervisor", "template", "All teams");
  await expect(page.getByRole("heading", { level: 2 })).toHaveText(["Collections", "Support", "All teams"]);
  await expect(templates.section).toContainText("For every team. Only administrators can change these.");
  await expect(templates.row("Greeting")).toContainText("How can I help?");
  await expect(templates.section.getByRole("button")).toHaveCount(0);

  await server.openAs(otherPage, "admin", "/templates");
  await expect(otherPage.getByRole("heading", { level: 2 })).toContainText(["Claims", "Collections", "Support"]);
  const otherTemplates = new CataloguePage(otherPage, "template", "All teams");
  await expect(otherTemplates.section.getByRole("button", { name: "Edit Greeting" })).toBeVisible();
});

test("Retry loads the templates of a reply after a failed request", async ({ page, server, browserErrors }) => {
  browserErrors.expect("net::ERR_FAILED", "/templates");
  await page.route("**/api/v1/conversations/*/templates", (route) => route.abort(), { times: 1 });
  const { conversation } = await openNewConversation(page, server);
  await expect(conversation.template).toHaveText(/Templates could not be loaded/);
  const retry = page.getByRole("button", { name: "Retry loading the templates" });
  await retry.click();
  await conversation.template.selectOption("Greeting");
  await expect(conversation.box).toHaveValue(/this is Ann from Collections/);
  await expect(retry).toBeHidden();
});
