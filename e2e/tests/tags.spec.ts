// Tags: the catalogue, the tags of a conversation, and the lists filtered by a tag.

import { type Locator, type Page } from "@playwright/test";

import { expectAccessible } from "../fixtures/axe.ts";
import { openNewConversation } from "../fixtures/conversation.ts";
import { rows } from "../fixtures/lists.ts";
import { expectLive } from "../fixtures/network.ts";
import { expect, test } from "../fixtures/test.ts";

function dialog(page: Page): Locator {
  return page.getByRole("dialog", { name: "Tags" });
}

/** The tags beside the thread. */
function tags(page: Page): Locator {
  return page.getByRole("region", { name: "Tags" });
}

function support(page: Page): Locator {
  return page.getByRole("region", { name: "Support", exact: true });
}

test("a supervisor adds a tag with a colour, and renames it", async ({ page, server, browserErrors }) => {
  browserErrors.expect(422, "/tags");
  await server.openAs(page, "supervisor", "/tags");
  const section = support(page);
  await section.getByRole("button", { name: /^New tag/ }).click();
  const editor = page.getByRole("dialog", { name: "New tag" });
  await editor.getByRole("button", { name: "Save" }).click();
  await expect(editor.getByRole("alert").first()).not.toBeEmpty();
  await editor.getByLabel("Name").fill("Complaint");
  await editor.getByLabel("red").check();
  await expectAccessible(page);
  await editor.getByRole("button", { name: "Save" }).click();
  const row = section.getByRole("row").filter({ has: page.getByText("Complaint", { exact: true }) });
  await expect(row.locator("[data-colour=red]")).toHaveText("Complaint");
  await expectAccessible(page);

  await row.getByRole("button", { name: "Edit Complaint" }).click();
  const edited = page.getByRole("dialog", { name: "Edit “Complaint”" });
  await expect(edited.getByLabel("red")).toBeChecked();
  await edited.getByLabel("Name").fill("Formal complaint");
  await edited.getByRole("button", { name: "Save" }).click();
  await expect(section.getByRole("row").filter({ hasText: "Formal complaint" })).toBeVisible();
});

test("an agent tags a conversation by keyboard, and a colleague sees the tag at once and filters by it", async ({
  page,
  otherPage,
  server,
}) => {
  const supervisor = await server.apiAs("supervisor");
  const name = "Hardship";
  await supervisor.createTag("Support", name, "orange");
  await server.customer("Support").send("Without a tag");
  const { customer } = await openNewConversation(page, server, { team: "Support", account: "bo" });
  await server.openAs(otherPage, "supervisor", "/");
  await expectLive(otherPage);
  const row = rows(support(otherPage)).filter({ hasText: customer.displayNumber });
  await expect(row).toBeVisible();

  await expect(tags(page)).toContainText("No tags");
  await page.keyboard.press("t");
  await expect(dialog(page).getByRole("checkbox").first()).toBeFocused();
  await dialog(page).getByLabel(name).check();
  await expectAccessible(page);
  await page.keyboard.press("Enter");
  await expect(dialog(page)).toBeHidden();
  await expect(tags(page).locator("[data-colour=orange]")).toHaveText(name);
  await expectAccessible(page);

  await expect(row.locator("[data-colour=orange]")).toHaveText(name);
  const filter = support(otherPage).getByRole("combobox", { name: "Tag" });
  await filter.selectOption(name);
  await expect(rows(support(otherPage))).toHaveCount(1);
  await expect(row).toBeVisible();
  await expectAccessible(otherPage);
  await otherPage.reload();
  await expect(filter).toHaveValue(/\d+/);
  await expect(rows(support(otherPage))).toHaveCount(1);

  await page.keyboard.press("t");
  await dialog(page).getByLabel(name).uncheck();
  await dialog(page).getByRole("button", { name: "Save" }).click();
  await expect(tags(page)).toContainText("No tags");
  await expect(support(otherPage).getByText("No conversation here has this tag.")).toBeVisible();
});

test("a closed conversation keeps its tags, and the closed list and search are filtered by them", async ({
  page,
  server,
}) => {
  const supervisor = await server.apiAs("supervisor");
  const tag = await supervisor.createTag("Support", "Vulnerable", "purple");
  const [tagged, other] = [server.customer("Support"), server.customer("Support")];
  for (const customer of [tagged, other]) {
    await customer.send("Hello");
    const { id } = await supervisor.conversation("Support", customer.number);
    if (customer === tagged) await supervisor.tag(id, [tag]);
    await supervisor.close(id);
  }
  await server.openAs(page, "supervisor", "/closed");
  const row = (customer: typeof tagged) => rows(support(page)).filter({ hasText: customer.displayNumber });
  await expect(row(other)).toBeVisible();
  await expect(row(tagged).locator("[data-colour=purple]")).toHaveText("Vulnerable");
  await support(page).getByRole("combobox", { name: "Tag" }).selectOption("Vulnerable");
  await expect(row(other)).toBeHidden();
  await expect(row(tagged)).toBeVisible();
  await expectAccessible(page);

  await row(tagged).getByRole("link", { name: /^Open/ }).click();
  await expect(tags(page)).toContainText("Vulnerable");
  await expect(tags(page).getByRole("button")).toBeHidden();

  await page.goto(`/search?q=${tagged.number.slice(1, 9)}`);
  await expect(rows(page).filter({ hasText: tagged.displayNumber })).toBeVisible();
  await page.getByRole("combobox", { name: "Tag" }).selectOption({ label: "Vulnerable · Support" });
  await expect(rows(page)).toHaveCount(1);
  await expect(rows(page)).toContainText("Vulnerable");
});
