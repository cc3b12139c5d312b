// Two people edit the same: the second one sees what the first has saved, and chooses what to keep.

import type { Locator, Page } from "@playwright/test";

import { AccountsPage } from "../fixtures/accounts.ts";
import { expectAccessible } from "../fixtures/axe.ts";
import { CampaignPage, recipients } from "../fixtures/campaigns.ts";
import { createTeam } from "../fixtures/teams.ts";
import { expect, test } from "../fixtures/test.ts";

/** The question about a field that a colleague has changed. */
function question(place: Page | Locator, field: string): Locator {
  return place.getByRole("alert").getByRole("group", { name: field });
}

function choice(place: Page | Locator, field: string, label: "Take theirs" | "Keep mine"): Locator {
  return question(place, field).getByRole("radio", { name: new RegExp(`^${label}`) });
}

test("a template that a colleague has changed meanwhile is merged field by field", async ({
  page,
  otherPage,
  server,
  browserErrors,
}) => {
  browserErrors.expect(412, "/templates/");
  const supervisor = await server.apiAs("supervisor");
  const name = server.uniqueName("Reminder");
  await supervisor.createTemplate("Support", name, "Please call us.");
  const edit = async (page: Page, account: "supervisor" | "admin") => {
    await server.openAs(page, account, "/templates");
    await page.getByRole("button", { name: `Edit ${name}` }).click();
    return page.getByRole("dialog", { name: `Edit “${name}”` });
  };
  const [mine, theirs] = [await edit(page, "supervisor"), await edit(otherPage, "admin")];
  await theirs.getByLabel("Name").fill(`${name} two`);
  await theirs.getByLabel("Text").fill("Please call us today.");
  await theirs.getByRole("button", { name: "Save" }).click();
  await expect(theirs).toBeHidden();

  await mine.getByLabel("Text").fill("Please write to us.");
  await mine.getByRole("button", { name: "Save" }).click();
  await expect(question(mine, "Text")).toContainText("Please call us today.");
  await expect(question(mine, "Text")).toContainText("Please write to us.");
  // What only the colleague has changed is taken over, and what both have changed stays as the user typed it.
  await expect(choice(mine, "Name", "Take theirs")).toBeChecked();
  await expect(mine.getByLabel("Name", { exact: true })).toHaveValue(`${name} two`);
  await expect(choice(mine, "Text", "Keep mine")).toBeChecked();
  await expect(mine.getByLabel("Text")).toHaveValue("Please write to us.");
  await expectAccessible(page);
  await choice(mine, "Text", "Take theirs").check();
  await expect(mine.getByLabel("Text")).toHaveValue("Please call us today.");
  await choice(mine, "Text", "Keep mine").check();
  await mine.getByRole("button", { name: "Save" }).click();
  await expect(mine).toBeHidden();

  const row = page.getByRole("row").filter({ hasText: `${name} two` });
  await expect(row).toContainText("Please write to us.");
  await expect(otherPage.getByRole("row").filter({ hasText: `${name} two` })).toContainText("Please write to us.");
});

test("a change of another field than the form has is no conflict, and moves do not conflict with edits", async ({
  page,
  otherPage,
  server,
  browserErrors,
}) => {
  browserErrors.expect(412, "/tags/");
  const supervisor = await server.apiAs("supervisor");
  const [first, second] = [server.uniqueName("First"), server.uniqueName("Second")];
  await supervisor.createTag("Support", first, "red");
  await supervisor.createTag("Support", second, "blue");
  await server.openAs(page, "supervisor", "/tags");
  await page.getByRole("button", { name: `Edit ${second}` }).click();
  const mine = page.getByRole("dialog", { name: `Edit “${second}”` });
  await server.openAs(otherPage, "admin", "/tags");
  await otherPage.getByRole("button", { name: `Move ${second} up` }).click();
  await expect(otherPage.getByRole("status").filter({ hasText: `${second} is now` })).toHaveCount(1);
  await mine.getByLabel("Name").fill(`${second} again`);
  await mine.getByRole("button", { name: "Save" }).click();
  await expect(mine).toBeHidden();
  await expect(page.getByRole("row").filter({ hasText: `${second} again` })).toBeVisible();
});

test("an account that another administrator has changed keeps both changes", async ({
  page,
  otherPage,
  server,
  browserErrors,
}) => {
  browserErrors.expect(412, "/accounts/");
  const admin = await server.apiAs("admin");
  const account = await admin.createAccount(server.uniqueName("Vera"), { permissions: ["reply"], teams: ["Support"] });
  const edit = async (page: Page) => {
    await server.openAs(page, "admin", "/accounts");
    await new AccountsPage(page).row(account.name).getByRole("button", { name: `Edit ${account.name}` }).click();
    return page.getByRole("dialog", { name: `Edit ${account.name}` });
  };
  const [mine, theirs] = [await edit(page), await edit(otherPage)];
  await theirs.getByRole("checkbox", { name: "Claims" }).check();
  await theirs.getByRole("radio", { name: "Supervisor" }).check();
  await theirs.getByRole("button", { name: "Save" }).click();
  await expect(theirs).toBeHidden();
  const renamed = server.uniqueName("Vera");
  await mine.getByLabel("Name", { exact: true }).fill(renamed);
  await mine.getByRole("button", { name: "Save" }).click();
  for (const field of ["Role", "Permissions", "Teams"]) {
    await expect(choice(mine, field, "Take theirs")).toBeChecked();
  }
  await expect(question(mine, "Name")).toHaveCount(0);
  await expect(mine.getByRole("checkbox", { name: "Claims" })).toBeChecked();
  await choice(mine, "Role", "Keep mine").check();
  await expect(mine.getByRole("radio", { name: "Agent", exact: true })).toBeChecked();
  await choice(mine, "Permissions", "Keep mine").check();
  await mine.getByRole("button", { name: "Save" }).click();
  await expect(mine).toBeHidden();
  const cells = new AccountsPage(page).row(renamed).getByRole("cell");
  await expect(cells.nth(2)).toHaveText("Agent");
  await expect(cells.nth(3)).toHaveText("Claims, Support");
});

test("a team’s details that were changed while they are edited ask what to keep", async ({
  page,
  otherPage,
  server,
  browserErrors,
}) => {
  browserErrors.expect(412, "/teams/");
  const name = server.uniqueName("Renewals");
  await server.openAs(otherPage, "admin", await createTeam(page, server, name));

  const [mine, theirs] = [page, otherPage].map((page) => page.getByRole("region", { name: "Details" })) as [Locator, Locator];
  await mine.getByLabel("Name").fill(`${name} North`);
  await theirs.getByLabel("Name").fill(`${name} South`);
  await theirs.getByLabel("Region").fill("IE");
  await theirs.getByRole("button", { name: "Save" }).click();
  // The live update fills in what is not edited here.
  await expect(page.getByRole("heading", { level: 1, name: `${name} South` })).toBeVisible();
  await expect(mine.getByLabel("Region")).toHaveValue("IE");
  await expect(mine.getByLabel("Name")).toHaveValue(`${name} North`);
  await mine.getByRole("button", { name: "Save" }).click();
  await expect(question(mine, "Name")).toContainText(`${name} South`);
  await expect(question(mine, "Region")).toHaveCount(0);
  await expectAccessible(page);
  await mine.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("heading", { level: 1, name: `${name} North` })).toBeVisible();
  await expect(mine.getByRole("alert").filter({ hasText: "colleague" })).toBeHidden();
  await expect(theirs.getByLabel("Name")).toHaveValue(`${name} North`);
});

test("a campaign whose text a colleague has changed does not start before the user has seen the new text", async ({
  page,
  otherPage,
  server,
  browserErrors,
}) => {
  browserErrors.expect(412, "/campaigns/");
  const name = server.uniqueName("Reminder");
  const mine = await CampaignPage.uploadAs(page, server, "supervisor", "Support", name, recipients(1, "75"));
  await mine.write("Please call us.");
  const start = page.getByRole("button", { name: "Start: 1 message", exact: true });
  await expect(start).toBeVisible();
  await server.openAs(otherPage, "admin", new URL(page.url()).pathname);
  await otherPage.getByLabel("Text", { exact: true }).fill("Please write to us.");
  await otherPage.getByRole("button", { name: "Save and preview" }).click();
  await expect(otherPage.getByRole("row").filter({ hasText: "Please write to us." })).toBeVisible();

  await start.click();
  await expect(question(page, "Text")).toContainText("Please write to us.");
  await expect(mine.text).toHaveValue("Please write to us.");
  await expect(mine.state).toHaveText("Draft");
  await expect(start).toHaveCount(0);
  await expectAccessible(page);
  await mine.save.click();
  await expect(mine.preview.getByRole("row").filter({ hasText: "Please write to us." })).toBeVisible();
  await start.click();
  await expect(mine.state).not.toHaveText("Draft");
});

test("a team’s retention that a colleague has changed meanwhile asks what to keep", async ({
  page,
  otherPage,
  server,
  browserErrors,
}) => {
  browserErrors.expect(412, "/retention");
  await server.openAs(otherPage, "admin", await createTeam(page, server, server.uniqueName("Renewals")));
  const [mine, theirs] = [page, otherPage].map((page) => page.getByRole("region", { name: "Retention" })) as [Locator, Locator];
  await mine.getByLabel("Days of conversations").fill("100");
  await theirs.getByLabel("Days of conversations").fill("200");
  await theirs.getByLabel("Days of the audit log").fill("300");
  await theirs.getByRole("button", { name: "Save retention" }).click();
  await expect(otherPage.getByText("The retention is saved.")).toBeVisible();
  await mine.getByRole("button", { name: "Save retention" }).click();
  await expect(question(mine, "Days of conversations")).toContainText("200");
  await expect(mine.getByLabel("Days of the audit log")).toHaveValue("300");
  await mine.getByRole("button", { name: "Save retention" }).click();
  await expect(page.getByText("The retention is saved.")).toBeVisible();
  await page.reload();
  await expect(mine.getByLabel("Days of conversations")).toHaveValue("100");
  await expect(mine.getByLabel("Days of the audit log")).toHaveValue("300");
});

test("a webhook that a colleague has changed meanwhile asks what to keep", async ({
  page,
  otherPage,
  server,
  browserErrors,
}) => {
  browserErrors.expect(412, "/webhook_endpoints/");
  const admin = await server.apiAs("admin");
  const { id } = await admin.createWebhookEndpoint("Support", "https://webhooks.invalid/", ["message.received"]);
  await server.openAs(page, "admin", `/webhooks/${id}`);
  await page.getByRole("button", { name: "Edit" }).click();
  const dialog = page.getByRole("dialog", { name: "Edit webhook" });
  await dialog.getByLabel("Description").fill("Mine");
  await server.openAs(otherPage, "admin", `/webhooks/${id}`);
  await otherPage.getByRole("button", { name: "Edit" }).click();
  const other = otherPage.getByRole("dialog", { name: "Edit webhook" });
  await other.getByLabel("Description").fill("Theirs");
  await other.getByRole("checkbox", { name: "Consent changed" }).check();
  await other.getByRole("button", { name: "Save" }).click();
  await expect(other).toBeHidden();
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(question(dialog, "Description")).toContainText("Theirs");
  await expect(dialog.getByRole("checkbox", { name: "Consent changed" })).toBeChecked();
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(dialog).toBeHidden();
  await expect(page.getByText("Mine", { exact: true })).toBeVisible();
});

test("a draft that a colleague has changed and started shows its progress", async ({
  page,
  otherPage,
  server,
  browserErrors,
}) => {
  browserErrors.expect(412, "/campaigns/");
  browserErrors.expect(409, "/campaigns/");
  const mine = await CampaignPage.uploadAs(page, server, "supervisor", "Support", "Reminder", recipients(1, "74"));
  await mine.write("Please call us.");
  await server.openAs(otherPage, "admin", new URL(page.url()).pathname);
  const start = (page: Page) => page.getByRole("button", { name: "Start: 1 message", exact: true });
  await otherPage.getByLabel("Text", { exact: true }).fill("Please write to us.");
  await otherPage.getByRole("button", { name: "Save and preview" }).click();
  await start(otherPage).click();
  await expect(otherPage.locator(".badge")).not.toHaveText("Draft");
  await start(page).click();
  await expect(page.getByText("The campaign was started, so it cannot be changed.")).toBeVisible();
  await expect(mine.state).not.toHaveText("Draft");
  await expect(mine.text).toHaveCount(0);
});
