// Closure reasons: supervisors manage them, and agents can use them at once.

import { CataloguePage } from "../fixtures/catalogue.ts";
import { openNewConversation } from "../fixtures/conversation.ts";
import type { TestServer } from "../fixtures/server.ts";
import { expect, test } from "../fixtures/test.ts";

/** Creates two closure reasons at the end of Support's list, and returns their names. */
async function createReasons(server: TestServer): Promise<[string, string]> {
  const names: [string, string] = [server.uniqueName("Order"), server.uniqueName("Order")];
  const supervisor = await server.apiAs("supervisor");
  for (const name of names) await supervisor.createClosureReason("Support", name);
  return names;
}

test("a new closure reason works at once, and deleting it after use archives it until restored", async ({
  page,
  server,
}) => {
  const name = server.uniqueName("Moved house");
  const reasons = await CataloguePage.openAs(page, server, "supervisor", "closure reason", "Support");
  const dialog = await reasons.openNew();
  await dialog.getByLabel("Name").fill(name);
  await dialog.getByLabel("Name").press("Enter");
  await expect(dialog).toBeHidden();
  await expect(reasons.row(name)).toBeVisible();

  const closed = await openNewConversation(page, server, {
    body: "I have moved",
    team: "Support",
    account: "supervisor",
  });
  await closed.conversation.close(name);
  await expect(page.getByText(new RegExp(`^Closed by Sam Supervisor on .* · ${name}$`))).toBeVisible();

  await reasons.open();
  await reasons.delete(name);
  await page.goto(`/conversations/${closed.id}`);
  await expect(page.getByText(new RegExp(`^Closed by Sam Supervisor on .* · ${name}$`))).toBeVisible();
  const { id, conversation } = await openNewConversation(page, server, {
    body: "I have moved",
    team: "Support",
    account: "supervisor",
  });
  const options = conversation.reason.locator("option");
  await expect(options.filter({ hasText: "Solved" })).toBeAttached();
  await expect(options.filter({ hasText: name })).not.toBeAttached();

  await reasons.open();
  await reasons.restore(name);
  await page.goto(`/conversations/${id}`);
  await expect(options.filter({ hasText: name })).toBeAttached();
});

test("closure reasons can be renamed, reordered and, if unused, deleted", async ({ page, server }) => {
  const [first, second] = await createReasons(server);
  const renamed = server.uniqueName("Renamed");
  const reasons = await CataloguePage.openAs(page, server, "supervisor", "closure reason", "Support");
  await reasons.move(first, "down");
  await expect.poll(async () => (await reasons.names()).slice(-2)).toEqual([second, first]);
  const dialog = await reasons.openEdit(second);
  await dialog.getByLabel("Name").fill(renamed);
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(reasons.row(renamed)).toBeVisible();
  await page.reload();
  await expect(reasons.rows.first()).toBeVisible();
  expect((await reasons.names()).slice(-2)).toEqual([renamed, first]);
  await reasons.delete(first);
  await expect(reasons.section.getByText(first, { exact: true })).toBeHidden();
});

test("a supervisor cannot change the closure reasons of all teams", async ({ page, server }) => {
  const reasons = await CataloguePage.openAs(page, server, "supervisor", "closure reason", "All teams");
  await expect(reasons.section).toContainText("For every team. Only administrators can change these.");
  await expect(reasons.row("Wrong number")).toBeVisible();
  await expect(reasons.section.getByRole("button")).toHaveCount(0);
});

test("closure reasons return to their previous order when saving the new one fails", async ({
  page,
  server,
  browserErrors,
}) => {
  browserErrors.expect("net::ERR_FAILED", "/closure_reasons/");
  const [first, second] = await createReasons(server);
  const reasons = await CataloguePage.openAs(page, server, "supervisor", "closure reason", "Support");
  await page.route("**/api/v1/closure_reasons/*", (route) => route.abort());
  await reasons.move(second, "up");
  await expect(page.getByRole("region", { name: "Notices" })).toContainText("The server cannot be reached.");
  await expect.poll(async () => (await reasons.names()).slice(-2)).toEqual([first, second]);
});
