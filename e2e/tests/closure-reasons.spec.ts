// Closure reasons: what a supervisor makes of them, and that conversations can be closed with them at once.

import { Catalogue } from "../fixtures/catalogue.ts";
import { expect, test } from "../fixtures/test.ts";
import { texting } from "../fixtures/texting.ts";

test("a new reason closes a conversation; once used it is archived, kept in history, and can be restored", async ({
  page,
  context,
  desk,
}) => {
  const reasons = new Catalogue(page, "closure reason", "Support");
  const name = desk.unique("Moved house");
  await desk.signIn(context, "supervisor");
  await reasons.open();
  const dialog = await reasons.begin();
  await dialog.getByLabel("Name").fill(name);
  await dialog.getByLabel("Name").press("Enter");
  await expect(dialog).toBeHidden();
  await expect(reasons.row(name)).toBeVisible();

  const [, id] = await texting({ page, context, desk }, "I have moved", "Support", "supervisor");
  await page.getByLabel("Reason").selectOption(name);
  await page.getByRole("button", { name: "Close conversation" }).click();
  await expect(page.getByText(new RegExp(`^Closed by Sam Supervisor on .* · ${name}$`))).toBeVisible();

  await reasons.open();
  await reasons.delete(name);
  await page.goto(`/conversations/${id}`);
  await expect(page.getByText(new RegExp(`^Closed by Sam Supervisor on .* · ${name}$`))).toBeVisible();
  const [, next] = await texting({ page, context, desk }, "I have moved", "Support", "supervisor");
  const options = page.getByLabel("Reason").locator("option");
  await expect(options.filter({ hasText: "Solved" })).toBeAttached();
  await expect(options.filter({ hasText: name })).not.toBeAttached();

  await reasons.open();
  await reasons.restore(name);
  await page.goto(`/conversations/${next}`);
  await expect(options.filter({ hasText: name })).toBeAttached();
});

test("reasons are renamed, put into another order, and deleted when nobody used them", async ({
  page,
  context,
  desk,
}) => {
  const reasons = new Catalogue(page, "closure reason", "Support");
  const [one, other, renamed] = [desk.unique("Order"), desk.unique("Order"), desk.unique("Renamed")];
  const supervisor = await desk.agent("supervisor");
  for (const name of [one, other]) await supervisor.newClosureReason("Support", name);
  await desk.signIn(context, "supervisor");
  await reasons.open();
  await reasons.move(one, "down");
  await expect.poll(async () => (await reasons.names()).slice(-2)).toEqual([other, one]);
  const dialog = await reasons.edit(other);
  await dialog.getByLabel("Name").fill(renamed);
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(reasons.row(renamed)).toBeVisible();
  await page.reload();
  await expect(reasons.rows.first()).toBeVisible();
  expect((await reasons.names()).slice(-2)).toEqual([renamed, one]);
  await reasons.delete(one);
  await expect(reasons.section.getByText(one, { exact: true })).toBeHidden();
});

test("what belongs to all teams is for administrators to change", async ({ page, context, desk }) => {
  const reasons = new Catalogue(page, "closure reason", "All teams");
  await desk.signIn(context, "supervisor");
  await reasons.open();
  await expect(reasons.section).toContainText("For every team. Only administrators can change these.");
  await expect(reasons.row("Wrong number")).toBeVisible();
  await expect(reasons.section.getByRole("button")).toHaveCount(0);
});

test("an order that the server did not take goes back to what it was", async ({ page, context, desk, problems }) => {
  problems.expect("net::ERR_FAILED", "/closure_reasons/");
  const reasons = new Catalogue(page, "closure reason", "Support");
  const [one, other] = [desk.unique("Order"), desk.unique("Order")];
  const supervisor = await desk.agent("supervisor");
  for (const name of [one, other]) await supervisor.newClosureReason("Support", name);
  await desk.signIn(context, "supervisor");
  await reasons.open();
  await page.route("**/api/v1/closure_reasons/*", (route) => route.abort());
  await reasons.move(other, "up");
  await expect(page.getByRole("region", { name: "Notices" })).toContainText("The server cannot be reached.");
  await expect.poll(async () => (await reasons.names()).slice(-2)).toEqual([one, other]);
});
