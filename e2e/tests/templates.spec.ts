// Templates: what a supervisor makes of them, and that agents have them at once.

import { Catalogue } from "../fixtures/catalogue.ts";
import { expect, test } from "../fixtures/test.ts";
import { texting } from "../fixtures/texting.ts";

test("a supervisor makes a template, with a preview of what a customer would read, and agents have it", async ({
  page,
  context,
  desk,
  problems,
}) => {
  problems.expect(422, "/templates");
  const templates = new Catalogue(page, "template", "Support");
  const name = desk.unique("Outage");
  await desk.signIn(context, "supervisor");
  await templates.open();
  const dialog = await templates.begin();
  const text = dialog.getByLabel("Text");
  const preview = dialog.getByText("Preview").locator("xpath=following-sibling::p[1]");

  await test.step("what differs by customer is put in where the cursor is", async () => {
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

  await test.step("a placeholder that nobody knows is refused, and what was typed stays", async () => {
    await dialog.getByRole("button", { name: "Save" }).click();
    await expect(dialog.getByRole("alert").filter({ hasText: "{{colour}} cannot be filled in." })).toBeVisible();
    await expect(text).toHaveAttribute("aria-invalid", "true");
    await expect(dialog.getByLabel("Name")).toHaveValue(name);
    await expect(text).toHaveValue("Your {{Router}} is down, {{colour}}.");
  });

  await test.step("put right, it stands at the end of the team's", async () => {
    await text.fill("Your {{Router}} is down, {{name}}.");
    await dialog.getByRole("button", { name: "Save" }).click();
    await expect(dialog).toBeHidden();
    await expect(templates.rows.last()).toContainText("Your {{Router}} is down, {{name}}.");
    expect((await templates.names()).at(-1)).toBe(name);
  });

  await test.step("an agent finds it in the composer", async () => {
    await texting({ page, context, desk }, "Is it mended?", "Support", "bo");
    const choice = page.getByRole("combobox", { name: "Template" });
    await expect(choice.locator("option", { hasText: name })).toBeAttached();
    await choice.selectOption(name);
    await expect(page.getByRole("textbox", { name: "Message" })).toHaveValue("Your {{Router}} is down, {{name}}.");
  });
});

test("templates are put into another order, which stays", async ({ page, context, desk }) => {
  const templates = new Catalogue(page, "template", "Support");
  const [one, other] = [desk.unique("Order"), desk.unique("Order")];
  const supervisor = await desk.agent("supervisor");
  for (const name of [one, other]) await supervisor.newTemplate("Support", name, "Hello");
  await desk.signIn(context, "supervisor");
  await templates.open();
  await templates.move(other, "up");
  await expect.poll(async () => (await templates.names()).slice(-2)).toEqual([other, one]);
  await expect(templates.section.getByRole("button", { name: `Move ${other} up`, exact: true })).toBeFocused();
  await expect(page.getByText(new RegExp(`^${other} is now \\d+ of \\d+$`))).toBeAttached();
  await expect(page.getByRole("button", { name: `Move ${one} down`, exact: true })).toHaveAttribute(
    "aria-disabled",
    "true",
  );
  await page.reload();
  await expect(templates.rows.first()).toBeVisible();
  expect((await templates.names()).slice(-2)).toEqual([other, one]);
});

test("a template that was used is archived and can be restored, one that never was is gone", async ({
  page,
  context,
  desk,
}) => {
  const templates = new Catalogue(page, "template", "Support");
  const [used, unused] = [desk.unique("Used"), desk.unique("Unused")];
  const supervisor = await desk.agent("supervisor");
  for (const name of [used, unused]) await supervisor.newTemplate("Support", name, `This is ${name}`);
  const [, id] = await texting({ page, context, desk }, "Is it mended?", "Support", "supervisor");
  await page.getByRole("combobox", { name: "Template" }).selectOption(used);
  await page.getByRole("button", { name: "Send" }).click();
  await expect(page.getByRole("region", { name: "Messages" })).toContainText("✓✓ delivered");

  await templates.open();
  await templates.delete(unused);
  await templates.delete(used);
  await templates.section.getByText(/^Archived/).click();
  const archived = templates.section.getByRole("listitem");
  await expect(archived.filter({ hasText: used })).toBeVisible();
  await expect(archived.filter({ hasText: unused })).toBeHidden();
  await page.goto(`/conversations/${id}`);
  const options = page.getByRole("combobox", { name: "Template" }).locator("option");
  await expect(options.filter({ hasText: "Greeting" })).toBeAttached();
  await expect(options.filter({ hasText: used })).not.toBeAttached();
  await expect(page.getByRole("region", { name: "Messages" })).toContainText(`This is ${used}`);

  await templates.open();
  await templates.restore(used);
  await page.goto(`/conversations/${id}`);
  await expect(options.filter({ hasText: used })).toBeAttached();
});

test("a template is changed for everybody, in another supervisor's list too", async ({
  page,
  context,
  desk,
  otherPage,
}) => {
  const [before, after] = [desk.unique("Before"), desk.unique("After")];
  await (await desk.agent("supervisor")).newTemplate("Support", before, "Hello");
  const templates = new Catalogue(page, "template", "Support");
  const seen = new Catalogue(otherPage, "template", "Support");
  await desk.signIn(context, "supervisor");
  await desk.signIn(otherPage.context(), "admin");
  await templates.open();
  await otherPage.goto(`${desk.url}/templates`);
  await expect(seen.row(before)).toBeVisible();
  const dialog = await templates.edit(before);
  await dialog.getByLabel("Name").fill(after);
  await dialog.getByLabel("Text").fill("Good morning");
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(templates.row(after)).toContainText("Good morning");
  await expect(seen.row(after)).toContainText("Good morning");
  await expect(seen.row(before)).toBeHidden();
});

test("what belongs to all teams is for administrators to change", async ({ page, context, desk, otherPage }) => {
  const templates = new Catalogue(page, "template", "All teams");
  await desk.signIn(context, "supervisor");
  await templates.open();
  await expect(page.getByRole("heading", { level: 2 })).toHaveText(["Collections", "Support", "All teams"]);
  await expect(templates.section).toContainText("For every team. Only administrators can change these.");
  await expect(templates.row("Greeting")).toContainText("How can I help?");
  await expect(templates.section.getByRole("button")).toHaveCount(0);

  await desk.signIn(otherPage.context(), "admin");
  await otherPage.goto(`${desk.url}/templates`);
  await expect(otherPage.getByRole("heading", { level: 2 })).toContainText(["Claims", "Collections", "Support"]);
  const theirs = new Catalogue(otherPage, "template", "All teams");
  await expect(theirs.section.getByRole("button", { name: "Edit Greeting" })).toBeVisible();
});
